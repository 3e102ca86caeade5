"""The live topics in a token: those alone, and no inbox, room or topic of the hub's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.unit.notifications.access.issuers.conftest import Configure, accepted, refusal
from tests.unit.notifications.access.issuers.signers import JWKS, RSA


@pytest.fixture(autouse=True)
def issuer(configure: Configure) -> None:
    configure(jwks=JWKS, topics="https://hub.example.com/topics")


def token(topics: object) -> str:
    claims: dict[str, Any] = {"https://hub.example.com/topics": topics}
    return RSA.token(**claims)


@pytest.mark.parametrize(
    ("claim", "topics"),
    [(["job-42", "job-43", "job-42"], ("job-42", "job-43")), ("job-42", ("job-42",)), (None, ()), ([], ())],
)
def test_a_claim_is_a_list_or_one_topic(alice: User, claim: object, topics: tuple[str, ...]) -> None:
    assert accepted(token(claim)).topics == topics


@pytest.mark.parametrize(
    "wrong",
    [
        *("everyone", "user-7", "group-3", "room-1", "room-lobby", "staff-overview", "hub.control"),
        *("two words", "", "*", "job-*", 7, {"a": 1}, [7], [None], ["job"] * 101),
    ],
)
def test_what_is_no_live_topic_is_refused(alice: User, wrong: object) -> None:
    status, detail = refusal(token(wrong), "api")

    assert status == 401
    assert "its claim https://hub.example.com/topics is malformed" in detail


def test_the_claim_is_not_read_unless_it_is_configured(alice: User, configure: Configure) -> None:
    configure(jwks=JWKS)

    assert accepted(token(["job-42"])).topics == ()
