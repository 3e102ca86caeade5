"""Refuses query parameters that a call does not have."""

from __future__ import annotations

from django.http import HttpRequest
from pydantic import BaseModel

from hub.errors import Problem


def only(request: HttpRequest, query: type[BaseModel]) -> None:
    """Raise a `Problem` of 422 for a parameter that is not a field of ``query``."""
    for name in request.GET:
        if name not in query.model_fields:
            raise Problem(422, f"Unknown parameter: use {', '.join(query.model_fields)}.", field=name[:100])
