"""Whatever JSON comes, the answer is one of those the interface names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.log import Log
from tests.unit.notifications.conftest import Caller

# Surrogates too: JSON can spell them.
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ADDRESS = st.sampled_from(["everyone", "user:alice", "user:", "group:ops", "topic:x", "topic:"]) | TEXT
MOMENT = st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()) | TEXT


def body_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Bodies with some of the right fields, now and then with a wrong value, and bodies of anything."""
    return ANYTHING | st.fixed_dictionaries(
        {}, optional={**{name: value | ANYTHING for name, value in fields.items()}, "other": ANYTHING}
    )


WISH = body_of(feed=st.booleans(), toast=st.booleans())
CATEGORY = st.sampled_from(["builds", "security", ""]) | TEXT
HOURS = body_of(
    start=st.sampled_from(["22:00", "7:00"]) | TEXT, end=st.just("07:00") | TEXT, zone=st.just("UTC") | TEXT
)
EVENT = body_of(topic=st.sampled_from(["job-1", "user-1"]) | TEXT, type=st.just("x") | TEXT, data=ANYTHING)
BODIES = {
    "notifications": body_of(
        to=st.lists(ADDRESS, max_size=3),
        title=TEXT,
        body=TEXT,
        url=TEXT | st.just("/x"),
        category=TEXT,
        severity=st.just("info"),
        key=TEXT,
        expires_at=MOMENT,
        send_at=MOMENT,
    ),
    "events": EVENT | body_of(events=st.lists(EVENT, max_size=3)),
    "tokens": body_of(
        user=st.just("alice") | TEXT, topics=st.lists(TEXT | st.just("job-1"), max_size=3), ttl=st.integers()
    ),
    "rooms": body_of(
        name=st.just("standup") | TEXT,
        kind=st.just("chat") | TEXT,
        members=ADDRESS | st.lists(ADDRESS, max_size=3),
    ),
}


@pytest.mark.parametrize("path", list(BODIES))
@pytest.mark.usefixtures("alice", "ops")
def test_no_json_is_answered_with_a_fault_of_ours(path: str, program: Caller, live_log: Log) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(BODIES[path])
    def post(body: Any) -> None:
        answer = program.post(path, body)

        assert answer.status in (201, 400, 409, 413, 422)
        assert (answer.type == "application/json") == (answer.status == 201)

    post()


@pytest.mark.usefixtures("alice")
def test_no_preferences_are_answered_with_a_fault_of_ours(reader: Caller, live_log: Log) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(body_of(categories=st.dictionaries(CATEGORY, WISH, max_size=3), quiet_hours=HOURS | st.none()))
    def put(body: Any) -> None:
        answer = reader.put("preferences", body)

        assert answer.status in (200, 400, 422)
        assert (answer.type == "application/json") == (answer.status == 200)

    put()
