"""Tokens and tickets that ended before their time open nothing, wherever they are shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub import topics
from hub.errors import Problem
from hub.ports import Credentials
from notifications.access import api_keys, endings, judge, token_status, tokens
from notifications.access.admission import Admission
from notifications.models import ApiKey, RevokedToken, Room, Ticket
from tests.unit.notifications.conftest import Caller, refused

pytestmark = pytest.mark.django_db(transaction=True)
admission = Admission()


def deactivate(alice: User) -> None:
    alice.is_active = False
    alice.save()


def change_password(alice: User) -> None:
    alice.set_password("another")
    alice.save()


ENDS: dict[str, Callable[[User], Any]] = {
    "deactivated": deactivate,
    "deactivated in bulk": lambda alice: User.objects.filter(pk=alice.pk).update(is_active=False),
    "deleted": lambda alice: alice.delete(),
    "another password": change_password,
    "another password in bulk": lambda alice: User.objects.filter(pk=alice.pk).update(password="!"),
    "signed out everywhere": lambda alice: endings.end_all(alice.pk),
    "the key revoked": lambda alice: ApiKey.objects.get().delete(),
}


@pytest.fixture
def given(program: Caller, alice: User) -> dict[str, str]:
    """What the program was given for Alice."""
    Room.objects.create(name="den")
    answer: dict[str, str] = program.post("tokens", {"user": "alice", "topics": ["job-1", "room-den"]}).json
    return answer


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("shown", ["token", "ticket"])
@pytest.mark.parametrize(
    "ask", [(admission.admit, ["job-1"]), (admission.enter, "den")], ids=["feed", "room"]
)
def test_what_ended_opens_no_feed_and_no_room(
    given: dict[str, str], alice: User, end: Callable[[User], Any], shown: str, ask: tuple[Any, Any]
) -> None:
    end(alice)

    assert status_of(given[shown], shown, *ask) == 401


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_what_ended_adds_no_topic_to_a_feed_that_is_still_open(
    given: dict[str, str], alice: User, end: Callable[[User], Any]
) -> None:
    person = asyncio.run(Admission().admit(Credentials(bearer=given["token"]), []))
    end(alice)

    with pytest.raises(Problem) as refused:
        asyncio.run(Admission().extend(person, ["job-1"]))

    assert refused.value.status == 401


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_what_ended_reads_nothing_over_the_api(
    given: dict[str, str], alice: User, end: Callable[[User], Any]
) -> None:
    end(alice)

    assert refused(Caller(bearer=given["token"]).get("notifications"), 401)


def test_what_is_given_out_after_an_end_counts(program: Caller, alice: User) -> None:
    endings.end_all(alice.pk)

    token = program.post("tokens", {"user": "alice"}).json["token"]

    assert Caller(bearer=token).get("notifications").status == 200
    assert status_of(token, "token", admission.admit, []) == 200


def test_a_person_who_comes_back_does_not_bring_their_tokens(given: dict[str, str], alice: User) -> None:
    deactivate(alice)
    alice.is_active = True
    alice.save()

    assert refused(Caller(bearer=given["token"]).get("notifications"), 401)


def test_one_token_is_ended_by_its_id_and_the_others_stand(
    program: Caller, given: dict[str, str], alice: User
) -> None:
    other = program.post("tokens", {"user": "alice"}).json["token"]

    answers = [program.delete(f"tokens/{given['id']}") for _ in range(2)]

    assert [(answer.status, answer.json) for answer in answers] == [(200, {"id": given["id"]})] * 2

    assert status_of(given["token"], "token", admission.admit, []) == 401
    assert status_of(given["ticket"], "ticket", admission.admit, []) == 401
    assert refused(Caller(bearer=given["token"]).get("notifications"), 401)
    assert Caller(bearer=other).get("notifications").status == 200


def test_a_bound_key_ends_what_it_gave_out_and_nothing_else(given: dict[str, str], alice: User) -> None:
    bound = Caller(bearer=api_keys.create("bound", ["tokens"], topics=["job-*"]))
    own = bound.post("tokens", {"user": "alice", "topics": ["job-1"]}).json["id"]

    assert refused(bound.delete(f"tokens/{given['id']}"), 403)
    assert bound.delete(f"tokens/{own}").status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda id: "1-1-1-0",
        lambda id: id[:-1] + ("0" if id[-1] != "0" else "1"),
        lambda id: id.replace("-", "-0", 1),
        lambda id: "x" * 300,
        lambda id: "%00",
        lambda id: "é",
    ],
)
def test_an_id_that_is_not_ours_is_not_found(
    program: Caller, given: dict[str, str], change: Callable[[str], str]
) -> None:
    assert refused(program.delete(f"tokens/{change(given['id'])}"), 404)
    assert not RevokedToken.objects.exists()


def test_a_key_without_the_scope_ends_no_token(
    with_key: Callable[..., Caller], given: dict[str, str]
) -> None:
    assert refused(with_key("publish").delete(f"tokens/{given['id']}"), 403)


def test_a_token_opens_the_inbox_as_it_is_when_used(given: dict[str, str], alice: User) -> None:
    group = Group.objects.create(name="ops")

    alice.groups.add(group)
    gained = asyncio.run(admission.admit(Credentials(bearer=given["token"]), []))
    alice.groups.remove(group)
    lost = asyncio.run(admission.admit(Credentials(bearer=given["token"]), []))

    assert set(gained.own) - set(lost.own) == {topics.group(group.pk)}


def test_a_group_that_a_token_names_is_not_opened_once_it_is_lost(program: Caller, alice: User) -> None:
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    topic = topics.group(group.pk)
    token = program.post("tokens", {"user": "alice", "topics": [topic]}).json["token"]

    assert status_of(token, "token", admission.admit, [topic]) == 200
    alice.groups.remove(group)

    assert status_of(token, "token", admission.admit, [topic]) == 403


def test_a_token_without_the_inbox_opens_its_live_topics_alone(alice: User) -> None:
    token = tokens.issue(alice, ["job-1"], 60, own=False)[0]

    person = asyncio.run(admission.admit(Credentials(bearer=token), ["job-1"]))

    assert person.own == ()
    assert status_of(token, "token", admission.admit, [f"user-{alice.pk}"]) == 403
    assert refused(Caller(bearer=token).get("notifications"), 403)


def test_a_clock_that_is_behind_refuses_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = time.time() + 5
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: ahead)
        token = tokens.issue(alice, [], 60)[0]

    assert status_of(token, "token", admission.admit, []) == 200


def test_a_token_of_an_instance_whose_clock_is_ahead_ends_all_the_same(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = time.time() + 5
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: ahead)
        token = tokens.issue(alice, [], 60)[0]

    endings.end_all(alice.pk)

    assert status_of(token, "token", admission.admit, []) == 401


def test_a_token_outlives_the_secret_it_was_signed_with_while_that_is_a_fallback(
    alice: User, settings: Any
) -> None:
    token = tokens.issue(alice, [], 60)[0]
    old, settings.SECRET_KEY = (
        settings.SECRET_KEY,
        "another secret, of more than fifty characters, to sign with",
    )

    assert status_of(token, "token", admission.admit, []) == 401
    settings.SECRET_KEY_FALLBACKS = [old]

    assert status_of(token, "token", admission.admit, []) == 200


@pytest.mark.parametrize("claims", [[], ["1", "alice", ["everyone"], [], 2**31], {}, {"sub": "1"}, None, 7])
def test_a_ticket_of_another_version_opens_nothing(given: dict[str, str], claims: Any) -> None:
    Ticket.objects.update(claims=claims if claims is not None else "nothing")

    assert status_of(given["ticket"], "ticket", admission.admit, []) == 401


@pytest.mark.parametrize("ask", [(admission.admit, []), (admission.enter, "den")], ids=["feed", "room"])
@pytest.mark.parametrize("shown", ["token", "session"])
def test_a_right_that_ends_while_it_is_asked_about_opens_nothing(
    given: dict[str, str],
    alice: User,
    ask: tuple[Any, Any],
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client()
    client.force_login(alice)
    text = given["token"] if shown == "token" else client.cookies["sessionid"].value
    module, name = (token_status, "of") if shown == "token" else (judge, "accounts")
    answer = getattr(module, name)

    def overtaken(*asked: Any) -> Any:
        """The answer of before, when it has ended meanwhile and this instance was told so."""
        old = answer(*asked)
        if User.objects.filter(pk=alice.pk, is_active=True).update(is_active=False):
            admission.invalidations.add(str(alice.pk))
        return old

    monkeypatch.setattr(module, name, overtaken)

    assert status_of(text, shown, *ask) in (401, 403)


def status_of(text: str, shown: str, ask: Callable[..., Any], what: Any) -> int:
    """What a door answers to a token, a ticket or a session; 200 if it opens."""
    try:
        asyncio.run(ask(Credentials(**{"bearer" if shown == "token" else shown: text}), what))
    except Problem as problem:
        return problem.status
    return 200
