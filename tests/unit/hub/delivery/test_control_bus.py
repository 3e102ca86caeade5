"""What comes on the control topic goes to those who handle its type, whatever another handler does."""

from __future__ import annotations

from typing import Any

import pytest

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.events import Event, draft
from hub.support.faults import malformed


def event(type: str, data: Any, topic: str = topics.CONTROL) -> Event:
    made = draft(topic, type, data)
    return Event(1, 0, made.topic, made.type, made.body)


def test_a_handler_gets_the_data_of_its_type_and_of_no_other() -> None:
    control, received = ControlBus(), list[Any]()
    control.on("drain", received.append)

    control.tap(event("drain", {"draining": True}))
    control.tap(event("recheck", {"person": "7"}))

    assert received == [{"draining": True}]


def test_the_same_type_on_another_topic_is_no_command() -> None:
    control, received = ControlBus(), list[Any]()
    control.on("drain", received.append)

    control.tap(event("drain", {"draining": True}, "job-1"))

    assert received == []


def test_handlers_of_a_type_are_called_in_their_order() -> None:
    control, called = ControlBus(), list[str]()
    control.on("recheck", lambda data: called.append("first"))
    control.on("recheck", lambda data: called.append("second"))

    control.tap(event("recheck", {}))

    assert called == ["first", "second"]


def test_a_handler_that_fails_is_counted_and_stops_no_other() -> None:
    control, received = ControlBus(), list[Any]()
    control.on("recheck", lambda data: data["person"])
    control.on("recheck", received.append)
    before = malformed.counts["tap"]

    control.tap(event("recheck", {}))

    assert received == [{}]
    assert malformed.counts["tap"] == before + 1


def test_an_event_without_data_raises() -> None:
    control = ControlBus()
    control.on("recheck", print)

    with pytest.raises(ValueError, match="Expecting"):
        control.tap(Event(1, 0, topics.CONTROL, "recheck", b"no JSON"))
