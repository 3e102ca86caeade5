"""The user of the current request, for audit entries made where no request is at hand."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request: ContextVar[HttpRequest | None] = ContextVar("hub.request", default=None)


class CurrentRequest:
    """Middleware: keeps the current request in a context variable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self._get_response(request)
        finally:
            _request.reset(token)


def who() -> dict[str, Any]:
    """The arguments ``actor`` and ``address`` of `audit.note`; empty outside an authenticated request."""
    request = _request.get()
    user: Any = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return {}
    return {"actor": user, "address": request.META.get("REMOTE_ADDR", "")}
