"""Django's protection from cross-site request forgery, for ASGI applications beside Django."""

from __future__ import annotations

import io
from importlib import import_module

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from hub.errors import Problem
from hub.support.asgi import Scope


def check(scope: Scope, session: str) -> None:
    """Check the token and the origin of a request that a session (by key) authenticates. Blocks.

    Raises a `Problem` of 403.
    """
    request = ASGIRequest(dict(scope), io.BytesIO())
    if settings.CSRF_USE_SESSIONS:
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    middleware = CsrfViewMiddleware(_view)
    middleware.process_request(request)
    if middleware.process_view(request, _view, (), {}) is not None:
        raise Problem(403, "Send the CSRF token of the page in the header X-CSRFToken, or use a token.")


def _view(request: HttpRequest) -> HttpResponse:
    """What the middleware protects; it is not called."""
    return HttpResponse()
