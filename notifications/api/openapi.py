"""`/api/openapi.json`: rendered once per process, as it is slow and the same for everyone."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.responses import NinjaJSONEncoder

URL_NAME = "openapi-json"


def described(api: NinjaAPI) -> tuple[list[Any], str, str]:
    """The paths of an API, with its description cached and revalidated by ETag."""

    @cache
    def description() -> tuple[bytes, str]:
        text = json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder).encode()
        return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'

    @require_safe
    def answer(request: HttpRequest) -> HttpResponseBase:
        text, etag = description()
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        response = HttpResponse(text, content_type="application/json", headers=headers)
        return get_conditional_response(request, etag=etag, response=response) or response

    patterns, app, namespace = api.urls
    for pattern in patterns:
        if getattr(pattern, "name", None) == URL_NAME:
            pattern.callback = answer
    return patterns, app, namespace
