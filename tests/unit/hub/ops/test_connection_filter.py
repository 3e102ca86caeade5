"""Which connections staff asked for, said in a topic's name, and found."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub import topics
from hub.delivery.subscriber import Subscriber
from hub.feeds.sse import SSE
from hub.ops.connection_list import MAX_CONNECTIONS_LISTED, Filter, decode, encode, matching
from hub.ports import Person


def subscriber(name: str, *more: str, address: str = "127.0.0.1", age_s: float = 0) -> Subscriber:
    made = Subscriber(
        Person(f"id-{name}", name, ()),
        address=address,
        topics=("everyone", *more),
        dialect=SSE,
        mailbox_bytes=1000,
    )
    made.opened_at = time.time() - age_s
    return made


def found(filter: Filter, *feeds: Subscriber) -> list[str]:
    answer = matching(filter, [("feed", feeds)], time.time())
    return [one["person"]["name"] for one in answer["connections"]]


def test_a_filter_fits_into_a_topic_and_is_read_back() -> None:
    asked: dict[str, Any] = {
        "person": "zoë",
        "topic": "job-42",
        "kind": "feed",
        "address": "10.",
        "older_s": 60,
    }

    code = encode(**asked)

    assert topics.check(topics.staff(f"connections-{code}"))
    assert decode(code) == Filter(**asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"colour": "red"}, "There is no filter 'colour'"),
        ({"older_s": "60"}, "older_s is not of type int"),
        ({"kind": "pigeon"}, "kind is feed or room"),
        ({"older_s": -1}, "kind is feed or room"),
        ({"person": "x" * 200}, "too long"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_what_to_do(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        encode(**asked)


@pytest.mark.parametrize("text", ["x", "é", "bnVsbA", "W10", "eyJhIjoxfQ", "e30="])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(text)


def test_each_filter_leaves_out_what_it_does_not_admit() -> None:
    ann = subscriber("ann", "job-1", age_s=100)
    bob = subscriber("bob", address="10.0.0.7")

    assert found(Filter(), ann, bob) == ["bob", "ann"]
    assert found(Filter(person="ann"), ann, bob) == ["ann"]
    assert found(Filter(person="id-bob"), ann, bob) == ["bob"]
    assert found(Filter(topic="job-1"), ann, bob) == ["ann"]
    assert found(Filter(address="10."), ann, bob) == ["bob"]
    assert found(Filter(older_s=60), ann, bob) == ["ann"]
    assert found(Filter(kind="room"), ann, bob) == []


def test_of_very_many_the_newest_are_shown_and_all_are_counted() -> None:
    feeds = [subscriber(f"n{n}") for n in range(MAX_CONNECTIONS_LISTED + 30)]

    answer = matching(Filter(), [("feed", feeds)], time.time())

    assert answer["matching"] == MAX_CONNECTIONS_LISTED + 30
    assert [one["person"]["name"] for one in answer["connections"]] == [
        f"n{n}" for n in reversed(range(30, MAX_CONNECTIONS_LISTED + 30))
    ]
