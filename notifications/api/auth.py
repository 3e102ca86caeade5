"""Authentication of the API: programs by API key, users by session or subscriber token."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from ninja.security.http import HttpAuthBase
from ninja.utils import check_csrf

from hub.errors import Problem
from notifications import user_model
from notifications.access import api_keys, requests, token_status, tokens, users
from notifications.access.issuers import claims as issued_claims
from notifications.access.tokens import Claims
from notifications.models import ApiKey
from notifications.user_model import User


class KeyRequest(HttpRequest):
    """A request that `Key` authenticated."""

    auth: ApiKey


class ReaderRequest(HttpRequest):
    """A request that `Reader` authenticated; ``auth`` is the owner of the inbox."""

    auth: User
    api_key: ApiKey | None = None  # that reads on the user's behalf, if any


@dataclass(frozen=True)
class TopicPerson:
    """A person, and the claims of their token if they came by one."""

    user: User
    claims: Claims | None


class PersonOfTopicRequest(HttpRequest):
    """A request that `PersonOfTopic` authenticated."""

    auth: TopicPerson


class ReaderOfTopicRequest(HttpRequest):
    """A request that `ReaderOfTopic` authenticated."""

    auth: TopicPerson | ApiKey


class Key(HttpAuthBase):
    """Requires an API key with a scope."""

    openapi_scheme = "bearer"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiKey:
        return api_keys.check(requests.api_key(request.headers.get("Authorization")), self.scope)


class Reader(HttpAuthBase):
    """Requires a user: by session, by subscriber token, or named by an API key with the scope `read`."""

    openapi_scheme = "bearer"
    csrf = True  # the page of the docs then sends the token

    def __init__(self, *, inbox: bool = True) -> None:
        """Without ``inbox``, an API key need not open the user's inbox: the call decides what it may read."""
        super().__init__()
        self.inbox = inbox

    def __call__(self, request: HttpRequest) -> User:
        text = requests.bearer(request.headers.get("Authorization"))
        if text is not None and not requests.is_token(text):
            return self._named(request, text)
        if "user" in request.GET:
            raise Problem(403, "user= is for API keys: leave it out to read your own inbox.")
        return _signed_in(request) if text is None else _of_token(text)

    def _named(self, request: HttpRequest, text: str) -> User:
        if request.method != "GET":
            raise Problem(401, "An API key cannot change an inbox: send a subscriber token of the user.")
        key = api_keys.check(text, "read")
        name = request.GET.get("user")
        if name is None:
            raise Problem(422, "Add the user whose inbox to read: ?user=alice.", field="user")
        user = users.active(name)
        if user is None:
            raise Problem(422, f"No user {name[:80]!r}.", field="user")
        if self.inbox:
            api_keys.check_inbox(key, user)
        request.api_key = key  # type: ignore[attr-defined]
        return user


class PersonOfTopic(HttpAuthBase):
    """Requires a person: by session, or by a subscriber token, whatever that opens."""

    openapi_scheme = "bearer"
    csrf = True

    def __call__(self, request: HttpRequest) -> TopicPerson | ApiKey:
        text = requests.bearer(request.headers.get("Authorization"))
        if text is None:
            return TopicPerson(_signed_in(request), None)
        return TopicPerson(*_person_of(text)) if requests.is_token(text) else self._program(text)

    def _program(self, text: str) -> ApiKey:
        raise Problem(
            401, "This is not a subscriber token. Programs publish with their API key at /api/v1/events."
        )


class ReaderOfTopic(PersonOfTopic):
    """Requires a person, or an API key with the scope `read`."""

    def _program(self, text: str) -> ApiKey:
        return api_keys.check(text, "read")


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Problem(401, "Sign in, or send a subscriber token: Authorization: Bearer TOKEN.")
    if check_csrf(request) is not None:
        raise Problem(403, "The CSRF token is missing or wrong: send the cookie's value as X-CSRFToken.")
    return request.user


def _of_token(text: str) -> User:
    user, claims = _person_of(text)
    if not claims.own:
        raise Problem(403, "This token opens live topics only: request one that opens the inbox.")
    return user


def _person_of(text: str) -> tuple[User, Claims]:
    claims = issued_claims.read(text) if issued_claims.is_issued(text) else tokens.read(text)
    user, key = user_model.key_of(claims.user), token_status.program(claims.key)
    status = token_status.of([user]).get(user) if user is not None else None
    token_status.bearer(claims, status, token_status.active([key]) if key else ())
    return user_model.users().get(pk=user), claims
