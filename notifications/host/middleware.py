"""The middleware of a project with pages of its own: it touches those of the hub alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from hub.server import error_responses
from hub.server.cors import CrossOrigin
from hub.server.csp import ContentSecurityPolicy
from hub.server.request_guard import RequestGuard
from hub.support import mount
from notifications.access import endings, sessions
from notifications.access.actor import CurrentRequest

APP_NAME = "notifications"  # of the namespace of `notifications.urls`
ANSWERED = (*error_responses.AWAY, DataError, ObjectDoesNotExist, OverflowError, UnicodeEncodeError)


class HubPages:
    """Guards the hub's pages as `hub.settings` does: their content policy, other origins, malformed requests,
    sessions that were ended, and answers while a service is away. Place it last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        guarded = RequestGuard(CurrentRequest(self._with_valid_session))
        self._of_hub = ContentSecurityPolicy(CrossOrigin(guarded))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._of_hub(request) if is_of_hub(request) else self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, ANSWERED) and is_of_hub(request):
            return error_responses.failed(request)
        return None

    def _with_valid_session(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        request.user = SimpleLazyObject(lambda: _valid(request, user))  # type: ignore[assignment]
        return self._get_response(request)


def is_of_hub(request: HttpRequest) -> bool:
    """Whether the request is for one of the app's URLs, or for one below its API that does not exist."""
    try:
        return APP_NAME in resolve(request.path_info).app_names
    except Resolver404:
        return bool(mount.prefix()) and bool(mount.below(request.path))


def _valid(request: HttpRequest, user: Any) -> Any:
    """The user, unless their session was ended everywhere or, if it is in no table, signed out."""
    session = request.session
    if not user.is_authenticated or SESSION_KEY not in session:
        return user
    ended = endings.ended(sessions.signed_in_at(session), endings.sessions_ended_at(user.pk))
    return AnonymousUser() if ended or sessions.ended_ones([(user.pk, session)]) else user
