"""What no view sees: malformed cookies, paths with a NUL, the API in clear under HUB_TLS, and HEAD."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from hub.errors import Problem
from hub.server import error_responses
from hub.support import cookies, mount


class RequestGuard:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "HEAD":
            request.method = "GET"  # the server drops the body
        if header := request.META.get("HTTP_COOKIE"):
            request.META["HTTP_COOKIE"] = cookies.clean(header)
        try:
            _check(request)
        except Problem as problem:
            return error_responses.answer(request, problem)
        return self._get_response(request)


def _check(request: HttpRequest) -> None:
    """Raise a `Problem`, or `Http404`, for a request that no view can answer."""
    api = error_responses.is_api(request)
    if api and settings.HUB_TLS and not request.is_secure():
        # No redirect: the key has travelled in clear already, and so would the next one.
        raise Problem(403, "The API is served over https alone: use https, and replace the key or token.")
    if "\0" in request.path:
        # PostgreSQL stores none, so no name has one; views judge NULs in forms and parameters.
        if api:
            raise Problem(404, f"There is no such path: see {mount.prefix()}{settings.HUB_API_PATH}docs.")
        raise Http404
