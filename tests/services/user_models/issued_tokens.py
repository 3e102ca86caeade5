"""Tokens of another issuer for the people of any project; run by `test_user_models.py`."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client

from hub import topics
from hub.errors import Problem
from hub.ports import Credentials, Person
from hub.support.threads import in_thread
from notifications import erasure, user_model
from notifications.access import revocation
from notifications.access.admission import Admission
from notifications.models import Profile
from tests.services.user_models.checks import MODEL, NAMES, ann  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)

ISSUER = {"issuer": "login", "audience": "hub", "secret": "a secret of more than thirty-two bytes"}
HAS_GROUPS = user_model.memberships() is not None
CAN_BE_MADE = MODEL != "Member"  # whose key has no default


@pytest.fixture(autouse=True)
def issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"groups": "groups"} if HAS_GROUPS else {}
    monkeypatch.setattr(settings, "HUB_JWT_ISSUERS", [{**ISSUER, **extra, "create": CAN_BE_MADE}])


def token(person: str, **claims: Any) -> str:
    now = time.time()
    right = {"iss": "login", "aud": "hub", "sub": person, "iat": now, "exp": now + 60}
    return jwt.encode({**right, **claims}, ISSUER["secret"], "HS256")


async def admitted(bearer: str) -> Person:
    return await Admission().admit(Credentials(bearer=bearer), [])


async def test_a_token_opens_feed_and_api_of_its_person(ann: Any) -> None:  # noqa: F811
    person = await admitted(token(NAMES[0]))

    assert person.id == str(ann.pk)
    assert topics.user(ann.pk) in person.own
    client = Client(headers={"authorization": f"Bearer {token(NAMES[0])}"})
    assert (await in_thread(client.get, "/api/v1/notifications/count")).status_code == 200


async def test_a_token_puts_its_person_into_groups_and_out_of_them(ann: Any) -> None:  # noqa: F811
    with_group = await admitted(token(NAMES[0], groups=["readers"]))
    without = await admitted(token(NAMES[0], groups=[]))

    assert len([topic for topic in with_group.own if topic.startswith("group-")]) == int(HAS_GROUPS)
    assert not [topic for topic in without.own if topic.startswith("group-")]
    assert await revocation.revoked([with_group]) == ({with_group: True} if HAS_GROUPS else {})


async def test_a_person_is_made_where_the_model_allows_it() -> None:
    if not CAN_BE_MADE:
        with pytest.raises(Problem, match="there is no person"):
            await admitted(token("cid@example.com"))
        return

    person = await admitted(token("cid@example.com"))

    made = await in_thread(user_model.users().get)
    assert (person.id, made.get_username()) == (str(made.pk), "cid@example.com")


@pytest.mark.parametrize("name", ["auth0|5", "x" * 300])
async def test_no_person_is_made_by_a_name_that_the_model_does_not_allow(name: str) -> None:
    if MODEL == "Account" and name == "auth0|5":
        assert (await admitted(token(name))).name == name
        return

    with pytest.raises(Problem, match="there is no person"):
        await admitted(token(name))


async def test_a_person_is_forgotten_with_what_their_issuer_brought(ann: Any) -> None:  # noqa: F811
    person = await admitted(token(NAMES[0], groups=["readers"]))

    await in_thread(erasure.forget, ann)

    assert await revocation.revoked([person]) == {person: False}
    assert await in_thread(Profile.objects.count) == 0


def test_a_model_whose_people_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HUB_JWT_ISSUERS", [{**ISSUER, "create": True, "groups": "groups"}])

    found = [message.id for message in run_checks(tags=["hub"]) if "ISSUERS" in message.msg]

    assert found == ([] if CAN_BE_MADE else ["hub.E011", "hub.E012"])
