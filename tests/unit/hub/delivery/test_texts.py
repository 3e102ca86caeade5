"""Which events have texts that are joined, and what is made of these."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from hub.delivery import texts
from hub.events import MAX_DATA_BYTES, Event, draft

_positions = itertools.count(1)


def event(data: Any, *, topic: str = "job-1", type: str = "token", key: str = "", by: str = "") -> Event:
    position = next(_positions)
    return Event(position, position - 1, topic, type, draft(topic, type, data, value_key=key, by=by).body)


def joined(*events: Event) -> list[Event]:
    runs = texts.runs([(one, texts.parse(one)) for one in events], lambda pair: pair[1])
    return [
        run[0][0] if len(run) == 1 else texts.joined([(one, text) for one, text in run if text])
        for run in runs
    ]


@pytest.mark.parametrize(
    "parts",
    [
        ["a", "b", "c"],
        ["", "", "a"],
        ['"', "\\", "\n", "\t{}", '","data":"', '"}'],
        ["é", "日本", "🎉", "\u2028", "\x85", "\x00"],
        ["\\", '"}', "u0041"],
    ],
)
@pytest.mark.parametrize("shape", ["string", "object"])
def test_the_text_is_whole_whatever_is_in_it(parts: list[str], shape: str) -> None:
    events = [
        event(part if shape == "string" else {"text": part}, key='","data":"', by="é") for part in parts
    ]

    (one,) = joined(*events)

    assert one.data == ("".join(parts) if shape == "string" else {"text": "".join(parts)})
    assert (one.position, one.previous) == (events[-1].position, events[0].previous)
    assert one.body.startswith(events[-1].body[: events[-1].body.index(b',"data":')])


@pytest.mark.parametrize(
    "other",
    [
        {"type": "tool"},
        {"topic": "job-2"},
        {"key": "other"},
        {"by": "7"},
        {"data": {"text": "b"}},
        {"data": {"text": "b", "n": 1}},
        {"data": {"text": 1}},
        {"data": {"text": None}},
        {"data": {"n": 1, "text": "b"}},
        {"data": 1},
        {"data": None},
        {"data": ["b"]},
        {"data": {}},
    ],
    ids=str,
)
def test_anything_else_passes_in_its_place_and_ends_the_stretch(other: dict[str, Any]) -> None:
    first, last = event("a"), event("c")
    passing = event(**{"data": "b", **other})

    assert joined(first, passing, last) == [first, passing, last]


def test_other_data_twice_is_not_joined_either() -> None:
    events = [event({"text": "a", "n": 1}), event({"text": "b", "n": 1})]

    assert joined(*events) == events


def test_no_event_is_larger_than_one_may_be() -> None:
    events = [event("x" * (MAX_DATA_BYTES // 4)) for _ in range(10)]

    found = joined(*events)

    assert "".join(one.data for one in found) == "x" * (MAX_DATA_BYTES // 4 * 10)
    assert max(len(one.data) for one in found) <= MAX_DATA_BYTES
    assert len(found) == 3


def test_the_context_of_a_trace_does_not_keep_texts_apart() -> None:
    first, last = event("a"), event("b")
    traced = [
        Event(
            one.position,
            one.previous,
            one.topic,
            one.type,
            one.body[:-1] + b',"trace":"00-%032x-%016x-01"}' % (n, n),
        )
        for n, one in enumerate((first, last))
    ]

    (one,) = joined(*traced)

    assert one.data == "ab"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'{"topic":"a","data":"b"}', b'{"topic":"a","at":"x","data":"b']
)
def test_a_body_of_another_form_is_left_alone(body: bytes) -> None:
    assert texts.parse(Event(1, 0, "job-1", "token", body)) is None
