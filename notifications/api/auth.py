"""Who calls: a program with an API key, or a person by session or subscriber token."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security.http import HttpAuthBase
from ninja.utils import check_csrf

from hub.errors import Problem
from notifications.access import api_keys, token_status, tokens, users
from notifications.models import ApiKey


class KeyRequest(HttpRequest):
    auth: ApiKey


class ReaderRequest(HttpRequest):
    auth: User
    api_key: ApiKey | None = None  # by which it is read, if by one


class Key(HttpAuthBase):
    """An API key that has the scope."""

    openapi_scheme = "bearer"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiKey:
        text = _bearer(request)
        if text is None:
            raise Problem(401, "Show an API key: Authorization: Bearer KEY.")
        if _is_token(text):
            raise Problem(401, "This is a subscriber token, and it only reads: show an API key.")
        return api_keys.check(text, self.scope)


class Reader(HttpAuthBase):
    """The person whose inbox is meant."""

    openapi_scheme = "bearer"
    csrf = True  # has the page of the docs send the token

    def __init__(self, *, inbox: bool = True) -> None:
        """Without ``inbox`` a key is asked for less: what it may read of theirs, the call decides."""
        super().__init__()
        self.inbox = inbox

    def __call__(self, request: HttpRequest) -> User:
        text = _bearer(request)
        if text is not None and not _is_token(text):
            return self._named(request, text)
        if "user" in request.GET:
            raise Problem(403, "user= is for API keys: leave it out, you read your own inbox.")
        return _signed_in(request) if text is None else _of_token(text)

    def _named(self, request: HttpRequest, text: str) -> User:
        if request.method != "GET":
            raise Problem(401, "This is an API key: what is read is a person's, show their subscriber token.")
        key = api_keys.check(text, "read")
        name = request.GET.get("user")
        if name is None:
            raise Problem(422, "Say whose inbox the key reads: ?user=alice.", field="user")
        user = users.active(name)
        if user is None:
            raise Problem(422, f"{name[:80]!r} is nobody here.", field="user")
        if self.inbox:
            api_keys.check_inbox(key, user)
        request.api_key = key  # type: ignore[attr-defined]
        return user


def _bearer(request: HttpRequest) -> str | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Problem(401, "Use Authorization: Bearer, and a key or a token.")
    return text.strip()


def _is_token(text: str) -> bool:
    return text.count(".") == 2  # a JWT; no key bears a dot


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Problem(401, "Sign in, or show a subscriber token: Authorization: Bearer TOKEN.")
    if check_csrf(request) is not None:
        raise Problem(403, "The CSRF token is missing or wrong: send the cookie's as X-CSRFToken.")
    return request.user


def _of_token(text: str) -> User:
    claims = tokens.read(text)
    id, key = int(claims.user), token_status.program(claims.key)
    token_status.bearer(claims, token_status.of([id]).get(id), token_status.active([key]) if key else ())
    if not claims.own:
        raise Problem(403, "This token opens live topics alone: ask for one that opens the inbox.")
    return User.objects.get(pk=id)
