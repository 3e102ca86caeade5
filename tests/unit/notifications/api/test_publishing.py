"""Live events: positions as strings, all or none, once for a key."""

from __future__ import annotations

from typing import Any

import pytest

from hub.events import MAX_DATA_BYTES
from hub.log import Log
from tests.unit.notifications.conftest import Caller, events_on, refused, rows_written

EVENT = {"topic": "job-42", "type": "progress", "data": {"done": 3, "of": 10}}


def test_an_event_is_in_the_log_and_in_no_table(live_log: Log, program: Caller) -> None:
    answer = program.post("events", EVENT)

    (event,) = events_on(live_log, "job-42")
    assert answer.status == 201
    assert answer.json == {"position": event["position"]}
    assert (event["type"], event["data"]) == (EVENT["type"], EVENT["data"])
    assert rows_written() == 0


def test_many_events_keep_their_order(live_log: Log, program: Caller) -> None:
    many = [{**EVENT, "data": number} for number in range(200)]

    answer = program.post("events", {"events": many})

    published = events_on(live_log, "job-42")
    assert [event["data"] for event in published] == list(range(200))
    assert answer.json == {"positions": [event["position"] for event in published]}


@pytest.mark.parametrize(
    "data", [None, True, 0, 1.5, "", "x" * (MAX_DATA_BYTES - 2), [], {}, "☃ \x00 \u2028"]
)
def test_any_json_is_data(live_log: Log, program: Caller, data: Any) -> None:
    answer = program.post("events", {**EVENT, "data": data})

    assert answer.status == 201
    assert events_on(live_log, "job-42")[0]["data"] == data


def test_the_same_key_gives_the_first_position_again(live_log: Log, program: Caller) -> None:
    first = program.post("events", EVENT, idempotency_key="a")

    again = program.post("events", EVENT, idempotency_key="a")

    assert again.json == first.json
    assert len(events_on(live_log, "job-42")) == 1


def test_a_key_spans_each_event_of_a_list(live_log: Log, program: Caller) -> None:
    first = program.post("events", {"events": [EVENT, EVENT]}, idempotency_key="a")

    again = program.post("events", {"events": [EVENT, EVENT]}, idempotency_key="a")

    assert again.json == first.json
    assert len(events_on(live_log, "job-42")) == 2


def test_the_same_key_for_something_else_is_refused_and_nothing_is_published(
    live_log: Log, program: Caller
) -> None:
    first = {"topic": "job-1", "type": "progress", "data": 1}
    program.post("events", first, Idempotency_Key="a")

    answers = [
        program.post("events", {**first, "data": 2}, Idempotency_Key="a"),
        program.post("events", {"events": [first, first]}, Idempotency_Key="a"),
    ]

    assert all(refused(answer, 422) for answer in answers)
    assert len(events_on(live_log, "job-1")) == 1


def test_a_request_that_is_refused_leaves_its_key_free(live_log: Log, program: Caller) -> None:
    wrong = {"topic": "job-1", "type": "Wrong", "data": 1}
    refused(program.post("events", wrong, Idempotency_Key="a"), 422, "type")

    assert program.post("events", {**wrong, "type": "progress"}, Idempotency_Key="a").status == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", None),
        ("topic", 7),
        ("topic", ""),
        ("topic", "two words"),
        ("topic", "line\nbreak"),
        ("topic", "job-42\n"),
        ("topic", "nul\x00"),
        ("topic", "é"),
        ("topic", "x" * 201),
        ("topic", "everyone"),
        ("topic", "user-1"),
        ("topic", "group-ops"),
        ("topic", "room-lobby"),
        ("topic", "hub.control"),
        ("type", None),
        ("type", ""),
        ("type", "Progress"),
        ("type", "progress\n"),
        ("type", "progress\r\ndata: x"),
        ("type", "x" * 65),
        ("type", "notification"),
        ("type", "count"),
        ("type", "recalled"),
        ("type", "reading"),
        ("type", "retire"),
        ("type", "error"),
        ("type", "open"),
        ("type", "stream-reset"),
        ("unknown", 1),
    ],
)
def test_a_wrong_field_is_named(live_log: Log, program: Caller, field: str, value: Any) -> None:
    alone = program.post("events", {**EVENT, field: value})
    among = program.post("events", {"events": [EVENT, {**EVENT, field: value}]})

    assert refused(alone, 422, field)
    assert refused(among, 422, f"events.1.{field}")
    assert events_on(live_log, "job-42") == []


@pytest.mark.parametrize("field", ["topic", "type", "data"])
def test_a_missing_field_is_named(live_log: Log, program: Caller, field: str) -> None:
    answer = program.post("events", {name: value for name, value in EVENT.items() if name != field})

    assert refused(answer, 422, field)


@pytest.mark.parametrize("data", [b'"\\ud800"', b'{"\\udc00": 1}', b"1e400"])
def test_what_json_can_spell_and_no_one_can_read_is_wrong(
    live_log: Log, program: Caller, data: bytes
) -> None:
    answer = program.post("events", b'{"topic": "job-42", "type": "progress", "data": %s}' % data)

    assert refused(answer, 422, "data")
    assert events_on(live_log, "job-42") == []


def test_data_of_a_byte_too_many_is_too_large(live_log: Log, program: Caller) -> None:
    answer = program.post("events", {**EVENT, "data": "x" * (MAX_DATA_BYTES - 1)})

    assert refused(answer, 413)
    assert events_on(live_log, "job-42") == []


@pytest.mark.parametrize("many", [0, 501])
def test_a_list_has_1_to_500_events(live_log: Log, program: Caller, many: int) -> None:
    answer = program.post("events", {"events": [EVENT] * many})

    assert refused(answer, 422, "events")
    assert events_on(live_log, "job-42") == []


def test_while_the_log_is_away_it_says_when_to_come_back(program: Caller) -> None:
    answer = program.post("events", EVENT)

    assert refused(answer, 503)
    assert answer.headers["Retry-After"] == "1"
