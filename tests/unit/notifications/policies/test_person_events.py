"""People publish live events where the policy of a topic lets them, and nowhere else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError

from hub.log import Log, LogAway
from hub.policies.current import policies
from notifications.access import api_keys, tokens
from notifications.access.policies import publishers
from notifications.access.quotas import Quota
from notifications.models import ApiKey
from tests.unit.notifications.conftest import Caller, events_on, refused

VOTE = {"type": "vote", "data": {"choice": "b"}}


@pytest.fixture(autouse=True)
def _policies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    policies.configure(
        [
            {"pattern": "poll-*", "publish": ["everyone"]},
            {"pattern": "ops-*", "publish": ["group:ops"]},
            {"pattern": "hers-*", "publish": ["user:alice"]},
            {"pattern": "own-*", "publish": ["owner"]},
            {"pattern": "price-*", "publish": ["everyone"], "latest": "key"},
            {"pattern": "small-*", "publish": ["everyone"], "max_bytes": 10},
            {"pattern": "slow-*", "publish": ["everyone"], "max_rate": 0.02},
            {"pattern": "read-*", "read": ["everyone"]},
        ]
    )
    monkeypatch.setattr(publishers, "quota", Quota(1000))
    yield
    policies.configure([])


def envelope(log: Log, topic: str) -> dict[str, Any]:
    (event,) = asyncio.run(log.read({topic: 0})).events
    found: dict[str, Any] = json.loads(event.body)
    return found


def by_token(user: User, *topics: str, **fields: Any) -> Caller:
    return Caller(bearer=tokens.issue(user, topics, 60, **fields)[0])


def test_the_event_bears_the_id_of_its_person(live_log: Log, reader: Caller, alice: User) -> None:
    answer = reader.post("topics/price-1/events", {**VOTE, "key": "a"})

    assert answer.status == 201
    assert answer.json == {"position": events_on(live_log, "price-1")[0]["position"]}
    found = envelope(live_log, "price-1")
    assert list(found) == ["topic", "at", "key", "by", "data"]
    assert (found["by"], found["data"]) == (str(alice.pk), VOTE["data"])


@pytest.mark.parametrize("topic", ["poll-1", "ops-1", "hers-1"])
@pytest.mark.parametrize("way", [lambda user: Caller(user=user), by_token])
def test_whom_the_policy_names_publishes_and_no_one_else(
    live_log: Log, alice: User, bob: User, ops: Group, topic: str, way: Callable[[User], Caller]
) -> None:
    assert way(alice).post(f"topics/{topic}/events", VOTE).status == 201
    assert way(bob).post(f"topics/{topic}/events", VOTE).status == (201 if topic == "poll-1" else 403)


@pytest.mark.parametrize("topic", ["free-1", "read-1", "own-1"])
def test_without_the_right_nothing_is_published(live_log: Log, reader: Caller, topic: str) -> None:
    assert refused(reader.post(f"topics/{topic}/events", VOTE), 403)
    assert events_on(live_log, topic) == []


def test_an_owner_is_who_holds_a_token_that_names_the_topic(live_log: Log, alice: User) -> None:
    assert by_token(alice, "own-1", own=False).post("topics/own-1/events", VOTE).status == 201
    assert by_token(alice, "own-1").post("topics/own-2/events", VOTE).status == 403
    assert by_token(alice, "free-1").post("topics/free-1/events", VOTE).status == 403


def test_a_token_publishes_no_further_than_its_key(live_log: Log, alice: User) -> None:
    api_keys.create("narrow", ["tokens"], topics=["user:alice", "repo-*"])
    narrow = ApiKey.objects.get().pk

    assert by_token(alice, key=narrow).post("topics/poll-1/events", VOTE).status == 403
    assert by_token(alice, own=False).post("topics/poll-1/events", VOTE).status == 403
    assert by_token(alice, "poll-1", key=narrow, own=False).post("topics/poll-1/events", VOTE).status == 201


@pytest.mark.parametrize(
    ("topic", "body", "status", "field"),
    [
        ("poll-1", {"type": "vote"}, 422, "data"),
        ("poll-1", {**VOTE, "by": "7"}, 422, "by"),
        ("poll-1", {**VOTE, "topic": "poll-1"}, 422, "topic"),
        ("poll-1", {**VOTE, "type": "notification"}, 422, "type"),
        ("poll-1", {**VOTE, "key": ""}, 422, "key"),
        ("price-1", VOTE, 422, "key"),
        ("small-1", {**VOTE, "data": "x" * 9}, 413, None),
        ("poll-1", [VOTE], 422, "body"),
        ("user-1", VOTE, 422, "topic"),
        ("everyone", VOTE, 422, "topic"),
        ("hub.control", VOTE, 422, "topic"),
    ],
)
def test_what_is_no_event_is_refused_by_name(
    live_log: Log, reader: Caller, topic: str, body: Any, status: int, field: str | None
) -> None:
    assert refused(reader.post(f"topics/{topic}/events", body), status, field)


def test_beyond_the_rate_of_the_topic_is_429(live_log: Log, alice: User, bob: User) -> None:
    Caller(user=alice).post("topics/slow-1/events", VOTE)

    answer = Caller(user=bob).post("topics/slow-1/events", VOTE)

    assert refused(answer, 429)
    assert 40 <= int(answer.headers["Retry-After"]) <= 50


def test_beyond_the_rate_of_a_person_is_429_for_them_alone(
    live_log: Log, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishers, "quota", Quota(0.01))
    first = [Caller(user=alice).post("topics/poll-1/events", VOTE) for _ in range(2)]

    assert [answer.status for answer in first] == [201, 429]
    assert int(first[1].headers["Retry-After"]) > 1
    assert Caller(user=bob).post("topics/poll-1/events", VOTE).status == 201


def test_the_same_request_again_has_the_first_position(live_log: Log, alice: User, bob: User) -> None:
    her = Caller(user=alice)
    first = her.post("topics/poll-1/events", VOTE, idempotency_key="a")

    assert her.post("topics/poll-1/events", VOTE, idempotency_key="a").json == first.json
    assert refused(her.post("topics/poll-1/events", {**VOTE, "data": 1}, idempotency_key="a"), 422)
    for caller, topic in ((Caller(user=bob), "poll-1"), (her, "poll-2")):  # whose key it is not
        other = caller.post(f"topics/{topic}/events", VOTE, idempotency_key="a")
        assert other.status == 201
        assert other.json != first.json


def test_a_session_needs_the_csrf_token(live_log: Log, alice: User) -> None:
    assert refused(Caller(user=alice, csrf=True).post("topics/poll-1/events", VOTE), 403)


def test_a_stranger_and_a_program_are_refused(live_log: Log, program: Caller, alice: User) -> None:
    assert refused(Caller().post("topics/poll-1/events", VOTE), 401)
    assert refused(program.post("topics/poll-1/events", VOTE), 401)
    assert refused(by_token(alice).post("events", {"topic": "poll-1", **VOTE}), 401)


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("hub.log.memory.MemoryLog.append", LogAway("away")),
        ("notifications.access.belongings.of", OperationalError("away")),
    ],
)
def test_while_a_part_is_away_it_says_when_to_come_back(
    live_log: Log, reader: Caller, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(where, fail)

    answer = reader.post("topics/poll-1/events", VOTE)

    assert refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
