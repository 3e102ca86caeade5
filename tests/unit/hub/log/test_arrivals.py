"""A replay leaves out what has expired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub import events
from hub.feeds.sse import SSE
from hub.log.arrivals import Arrivals
from hub.ports import Person

PERSON = Person("7", "ann", ("user-7",))
SECOND = timedelta(seconds=1)


def included(body: bytes) -> bool:
    arrivals = Arrivals(PERSON, ["user-7"])
    event = events.Event(2**50, 0, "user-7", "notification", body)
    payload = SSE.event(event).payload
    assert arrivals.includes("user-7", event.position, payload) == arrivals.includes("user-7", 2**50, body)
    return arrivals.includes("user-7", event.position, body)


@pytest.mark.parametrize(("left", "expected"), [(-SECOND, False), (60 * SECOND, True), (None, True)])
def test_an_event_is_replayed_until_it_expires(left: timedelta | None, expected: bool) -> None:
    until = None if left is None else datetime.now(UTC) + left

    assert included(events.draft("user-7", "notification", {"n": 1}, expires_at=until).body) is expected


def test_data_of_a_sender_do_not_expire_it() -> None:
    data = {"a": 1, "at": events.stamp(), "expires_at": "2001-01-01T00:00:00.000Z"}

    assert included(events.draft("user-7", "progress", data).body)
