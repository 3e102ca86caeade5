from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from hub.errors import Problem
from hub.ports import Credentials, Person
from notifications.access.admission import Admission
from notifications.access.issuers import claims, verifier
from notifications.access.tokens import Claims
from tests.unit.notifications.access.issuers.signers import JWKS, entry
from tests.unit.notifications.conftest import Answer, Caller

Configure = Callable[..., None]


@pytest.fixture(autouse=True)
def no_verified_tokens() -> None:
    verifier.cache.clear()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """The issuers, by the fields of each that are not the usual ones; without any, none."""

    def set_issuers(*entries: dict[str, Any], **fields: Any) -> None:
        given = [entry(**each) for each in entries or ([fields] if fields else [])]
        monkeypatch.setattr(settings, "HUB_JWT_ISSUERS", given)

    set_issuers(jwks=JWKS)
    return set_issuers


def accepted(token: str) -> Claims:
    """The claims of a token, as the API reads them; raises a `Problem`."""
    return claims.read(token)


def feed(token: str, *topics: str) -> Person:
    """The person who opens a feed with this token; raises a `Problem`."""
    return asyncio.run(Admission().admit(Credentials(bearer=token), topics))


def refusal(token: str, call: str = "feed") -> tuple[int, str]:
    """Status and detail of what a feed, or the API, answers to this token."""
    if call == "api":
        answer: Answer = Caller(bearer=token).get("notifications/count")
        assert answer.type == "application/problem+json", answer.json
        return answer.status, answer.json["detail"]
    with pytest.raises(Problem) as refused:
        feed(token)
    return refused.value.status, refused.value.detail
