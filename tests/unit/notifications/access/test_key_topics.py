"""A key that names topics writes to those and to no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from hub.log import Log
from notifications.access import api_keys
from notifications.models import ApiKey, Notification
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, rows_written

Narrow = Callable[..., Caller]


@pytest.fixture
def narrow(db: None) -> Narrow:
    """A program whose key has every scope and may write to these topics."""

    def make(*topics: str) -> Caller:
        return Caller(bearer=api_keys.create("narrow", api_keys.SCOPES, topics=topics))

    return make


def outside(answer: Any) -> list[str]:
    assert answer.status == 403, answer.json
    named: list[str] = answer.json["topics"]
    return named


@pytest.mark.usefixtures("bob")
def test_it_sends_to_those_it_may_and_to_no_other(narrow: Narrow, alice: User, ops: Group) -> None:
    program = narrow("group-ops", f"user-{alice.pk}", "releases-*")

    for to in ("group:ops", "user:alice", "topic:releases-4"):
        assert program.post("notifications", {"to": [to], "title": "Hello"}).status == 201

    refused = program.post(
        "notifications", {"to": ["user:alice", "everyone", "topic:builds"], "title": "Hello"}
    )
    assert outside(refused) == ["everyone", "builds"]
    assert Notification.objects.count() == 3


@pytest.mark.parametrize(("topics", "status"), [(["user-*"], 201), (["*"], 0), (["user-1", "group-*"], 403)])
@pytest.mark.usefixtures("alice")
def test_a_segment_may_come_to_be_anybody(narrow: Narrow, topics: list[str], status: int) -> None:
    if status == 0:
        with pytest.raises(api_keys.BadKey):
            narrow(*topics)
        return
    program = narrow(*topics)

    answer = program.post("notifications", {"to": ["segment:newcomers"], "title": "Hello"})

    assert answer.status == status, answer.json
    assert status == 201 or outside(answer) == ["user-*"]


@pytest.mark.usefixtures("ops")
def test_an_idempotent_request_is_checked_as_well(narrow: Narrow) -> None:
    program = narrow("group-ops")

    answer = program.post("notifications", {"to": ["everyone"], "title": "Hello"}, idempotency_key="a")

    assert outside(answer) == ["everyone"]
    assert rows_written() == 0


def test_all_or_none_of_its_events_are_published(live_log: Log, narrow: Narrow) -> None:
    program = narrow("job-*")
    covered, other = ({"topic": topic, "type": "progress", "data": 1} for topic in ("job-42", "build-1"))

    assert program.post("events", covered).status == 201
    assert outside(program.post("events", {"events": [covered, other]})) == ["build-1"]
    assert len(events_on(live_log, "job-42")) == 1


@pytest.mark.usefixtures("alice")
def test_its_tokens_open_its_own_topics(narrow: Narrow) -> None:
    program = narrow("job-*")

    assert program.post("tokens", {"user": "alice", "topics": ["job-42"]}).status == 201
    assert outside(program.post("tokens", {"user": "alice", "topics": ["job-42", "repo-1"]})) == ["repo-1"]


def test_it_recalls_what_it_could_have_sent(narrow: Narrow, ops: Group) -> None:
    program = narrow("group-ops")
    (covered,) = notify(["group:ops"], "Hello")
    (other,) = notify(["everyone"], "Hello")

    assert program.delete(f"notifications/{covered.pk}").status == 200
    assert outside(program.delete(f"notifications/{other.pk}")) == ["everyone"]
    assert Notification.objects.get(recalled_at=None) == other


def test_it_makes_rooms_of_its_names(narrow: Narrow) -> None:
    program = narrow("room-standup-*")

    assert program.post("rooms", {"name": "standup-1", "members": "everyone"}).status == 201
    assert outside(program.post("rooms", {"name": "lobby", "members": "everyone"})) == ["room-lobby"]


def test_a_key_without_topics_writes_to_all(narrow: Narrow) -> None:
    assert narrow().post("notifications", {"to": ["everyone"], "title": "Hello"}).status == 201


@pytest.mark.django_db
@pytest.mark.parametrize("topic", ["", "*", "job *", "-a", "job-*-x", "a\x00", "ä*", "a" * 201])
def test_what_is_no_topic_is_named_and_no_key_is_made(topic: str) -> None:
    with pytest.raises(api_keys.BadKey, match="topic"):
        api_keys.create("ci", ["send"], topics=["job-1", topic])

    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_key_names_a_hundred_topics_at_most() -> None:
    with pytest.raises(api_keys.BadKey, match="100"):
        api_keys.create("ci", ["send"], topics=[f"job-{number}" for number in range(101)])
