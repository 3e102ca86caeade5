"""A policy is read strictly: what is refused names the field."""

from __future__ import annotations

from typing import Any

import pytest

from hub.policies.policy import BadPolicy, TopicPolicy, as_json, parse

WHOLE = {
    "pattern": "job-*",
    "history": {"events": 10000, "seconds": 86400, "bytes": 10_000_000},
    "latest": "key",
    "coalesce_ms": 100,
    "coalesce": "last",
    "max_rate": 50,
    "max_bytes": 65536,
    "read": ["group:ops", "owner"],
    "publish": ["everyone", "user:alice"],
}

BAD: list[tuple[str, Any]] = [
    ("", []),
    ("", "job-*"),
    ("", None),
    ("histroy", {"histroy": {}}),
    ("history", {"history": 5}),
    ("history", {"history": []}),
    ("history.age", {"history": {"age": 5}}),
    ("history.events", {"history": {"events": 0}}),
    ("history.events", {"history": {"events": 1_000_001}}),
    ("history.events", {"history": {"events": 10.0}}),
    ("history.events", {"history": {"events": True}}),
    ("history.events", {"history": {"events": "10"}}),
    ("history.seconds", {"history": {"seconds": 0}}),
    ("history.bytes", {"history": {"bytes": 10}}),
    ("history.bytes", {"history": {"bytes": 16 * 1024**2 + 1}}),
    ("latest", {"latest": True}),
    ("latest", {"latest": "topic"}),
    ("latest", {"latest": ["key"]}),
    ("coalesce_ms", {"coalesce": "last"}),
    ("coalesce_ms", {"coalesce": "last", "coalesce_ms": 9}),
    ("coalesce_ms", {"coalesce": "last", "coalesce_ms": 10_001}),
    ("coalesce_ms", {"coalesce": "last", "coalesce_ms": 0}),
    ("coalesce", {"coalesce_ms": 100}),
    ("coalesce", {"coalesce_ms": 100, "coalesce": "first"}),
    ("coalesce", {"coalesce_ms": 100, "coalesce": "join", "latest": "key"}),
    ("max_rate", {"max_rate": 0}),
    ("max_rate", {"max_rate": float("nan")}),
    ("max_rate", {"max_rate": float("inf")}),
    ("max_rate", {"max_rate": "50"}),
    ("max_rate", {"max_rate": False}),
    ("max_bytes", {"max_bytes": 65537}),
    ("max_bytes", {"max_bytes": 0}),
    ("read", {"read": "everyone"}),
    ("read", {"read": {"group": "ops"}}),
    ("read.0", {"read": ["group-1"]}),
    ("read.1", {"read": ["everyone", "group:"]}),
    ("publish.0", {"publish": ["everybody"]}),
    ("publish.0", {"publish": [7]}),
    ("publish.0", {"publish": ["user:a\n"]}),
    ("publish", {"publish": ["everyone"] * 51}),
    ("pattern", {"pattern": None}),
    ("pattern", {"pattern": 7}),
    ("pattern", {"pattern": ""}),
    ("pattern", {"pattern": "*"}),
    ("pattern", {"pattern": "a-*-b"}),
    ("pattern", {"pattern": "a**"}),
    ("pattern", {"pattern": "a b"}),
    ("pattern", {"pattern": "a" * 201}),
    ("pattern", {"pattern": "everyone"}),
    ("pattern", {"pattern": "every*"}),
    ("pattern", {"pattern": "user-7"}),
    ("pattern", {"pattern": "u*"}),
    ("pattern", {"pattern": "group-*"}),
    ("pattern", {"pattern": "r*"}),
    ("pattern", {"pattern": "room-lobby"}),
    ("pattern", {"pattern": "staff-live"}),
    ("pattern", {"pattern": "hub.control"}),
    ("pattern", {"pattern": "hub*"}),
]


@pytest.mark.parametrize(("field", "change"), BAD, ids=[f"{field}: {change}"[:60] for field, change in BAD])
def test_what_no_policy_can_be_is_refused_by_the_name_of_its_field(field: str, change: Any) -> None:
    data = {"pattern": "job-*", **change} if isinstance(change, dict) else change

    with pytest.raises(BadPolicy) as refused:
        parse(data)

    assert refused.value.field == field


@pytest.mark.parametrize("pattern", ["repo-*", "job-42", "users", "everyone-online", "rooms-*", "a", "hubs*"])
def test_a_topic_or_a_prefix_of_ones_own_is_a_pattern(pattern: str) -> None:
    assert parse({"pattern": pattern}).pattern == pattern


def test_what_is_not_given_is_not_set() -> None:
    assert parse({"pattern": "job-*"}) == TopicPolicy("job-*")


@pytest.mark.parametrize("data", [WHOLE, {"pattern": "job-*"}, {"pattern": "a", "history": {"events": 1}}])
def test_its_json_is_read_as_the_same_policy(data: dict[str, Any]) -> None:
    policy = parse(data)

    assert parse(as_json(policy)) == policy


def test_its_json_is_as_it_was_given() -> None:
    assert as_json(parse(WHOLE)) == WHOLE
