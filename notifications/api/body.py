"""The parser of request bodies, as strict as the rooms' (`hub.support.strict_json`)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from hub.support import strict_json


class StrictJson(Parser):
    """Parses a body as JSON that means the same to every reader."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Raise `strict_json.BadJson`, which ninja makes the cause of an `HttpError` of 400.

        Characters that cannot be stored are left to the schemas, which name the field.
        """
        return strict_json.read(request.body, storable=False)
