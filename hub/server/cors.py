"""Pages of other origins may call the API with a token, and load the files of the components.

Cookies are not for such pages, so credentials are never allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from hub.support import mount
from hub.support.cors import CorsRule

STATIC = CorsRule("GET", "", exposed="")
API = CorsRule("GET, HEAD, POST, PUT, DELETE", "authorization, content-type, idempotency-key")


def api_headers(origin: str | None) -> dict[str, str]:
    """With which a page of this origin can read an answer of the API that the middleware does not see."""
    if origin is None or origin not in settings.HUB_ALLOWED_ORIGINS:
        return {}
    return {"Vary": "Origin", **API.response_headers(origin, preflight=False)}


def api_fields(origin: str | None) -> list[tuple[bytes, bytes]]:
    """The same, as ASGI has them."""
    found = api_headers(origin)
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in found.items()]


class CrossOrigin:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        origin = request.headers.get("Origin")
        if request.path.startswith(settings.STATIC_URL):
            response = self._get_response(request)
            _add(response, STATIC.response_headers("*", preflight=False))
            return response
        own = mount.below(request.path).startswith(settings.HUB_CORS_PATH)
        if not own or origin not in settings.HUB_ALLOWED_ORIGINS:
            return self._get_response(request)
        preflight = request.method == "OPTIONS"
        response = HttpResponse(status=204) if preflight else self._get_response(request)
        _add(response, API.response_headers(origin, preflight=preflight))
        patch_vary_headers(response, ["Origin"])
        return response


def _add(response: HttpResponseBase, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        response[name] = value
