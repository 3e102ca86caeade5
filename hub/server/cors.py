"""What a page of another origin may call: the API with a token, and the files of the components.

Cookies are not for such pages, so credentials are never allowed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

ORIGIN = "Access-Control-Allow-Origin"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key",
    "Access-Control-Max-Age": "600",
}


class CrossOrigin:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        origin = request.headers.get("Origin")
        if request.path.startswith(settings.STATIC_URL):
            response = self._get_response(request)
            response[ORIGIN] = "*"
            return response
        if not request.path.startswith("/api/v1/") or origin not in settings.HUB_ALLOWED_ORIGINS:
            return self._get_response(request)
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers=PREFLIGHT)
        else:
            response = self._get_response(request)
            response["Access-Control-Expose-Headers"] = "Retry-After"
        response[ORIGIN] = origin
        patch_vary_headers(response, ["Origin"])
        return response
