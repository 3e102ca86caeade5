"""Log lines as JSON: what happened, where, to which connection, and nothing that was said."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from hub.delivery import connection_log
from hub.delivery.subscriber import Subscriber
from hub.feeds.sse import SSE
from hub.ops import logs
from hub.ports import Person


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.JsonFormatter("hub-1"))
        self.records: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        assert "\n" not in text
        self.records.append(json.loads(text))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, level = Lines(), connection_log.logger.level
    connection_log.logger.addHandler(handler)
    connection_log.logger.setLevel(logging.INFO)
    yield handler
    connection_log.logger.removeHandler(handler)
    connection_log.logger.setLevel(level)


def subscriber() -> Subscriber:
    person = Person("7", "alice", ("user-7",), session="secret-session", stamp="secret-stamp")
    return Subscriber(
        person, address="203.0.113.9", topics=("user-7", "job-42"), dialect=SSE, mailbox_bytes=1000
    )


def test_a_connection_tells_when_it_opens_and_why_it_closed(lines: Lines) -> None:
    one = subscriber()

    connection_log.log_opened("feed", one)
    one.close("slow")
    connection_log.log_closed("feed", one, one.opened_at + 2.5)

    opened, closed = lines.records
    ids = {"connection": one.number, "person": "7", "endpoint": "feed", "instance": "hub-1", "level": "info"}
    assert ids.items() <= opened.items()
    assert ids.items() <= closed.items()
    assert (opened["address"], opened["topics"]) == ("203.0.113.9", 2)
    assert (closed["reason"], closed["seconds"]) == ("slow", 2.5)


def test_what_a_line_contains_is_named_beforehand(lines: Lines) -> None:
    connection_log.logger.info("x", extra={"token": "secret", "body": "secret", "topic": "job-1"})

    assert lines.records[0]["topic"] == "job-1"
    assert set(lines.records[0]) == {"time", "level", "logger", "instance", "text", "topic"}


def test_a_failure_is_a_single_entry_too(lines: Lines) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        connection_log.logger.exception("it failed")

    assert lines.records[0]["level"] == "error"
    assert "ValueError: two\nlines" in lines.records[0]["trace"]


def test_where_no_one_wants_to_know_nothing_is_made(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    connection_log.logger.setLevel(logging.WARNING)
    monkeypatch.setattr(connection_log, "_ids", lambda *_: pytest.fail("made all the same"))

    connection_log.log_opened("feed", subscriber())
    connection_log.log_closed("feed", subscriber(), 0)

    assert lines.records == []
