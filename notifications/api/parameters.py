"""The parameters of a query: those that a call names and no others."""

from __future__ import annotations

from django.http import HttpRequest
from pydantic import BaseModel

from hub.errors import Problem


def only(request: HttpRequest, query: type[BaseModel]) -> None:
    for name in request.GET:
        if name not in query.model_fields:
            raise Problem(
                422, f"There is no such parameter: use {', '.join(query.model_fields)}.", field=name[:100]
            )
