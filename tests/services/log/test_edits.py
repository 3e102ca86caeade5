"""Of what is edited or ended no earlier text stays in the log, and nobody is told of a gap for it."""

from __future__ import annotations

import pytest

from hub.events import Draft
from hub.log import Log
from tests.services.log.conftest import MakeLog, draft, new_log

TOPIC = "job-1"


def edit(of: int, body: bytes = b"edited", *, ends: bool = False) -> Draft:
    return Draft(TOPIC, "edited", body, edits=of, ends=ends)


async def bodies(log: Log, after: int) -> list[bytes]:
    return [event.body for event in (await log.read({TOPIC: after})).events]


async def test_an_edit_stands_in_for_the_text_and_for_every_edit_before_it(log: Log) -> None:
    (start,) = log.append([draft(TOPIC, b"before")])
    (of,) = log.append([draft(TOPIC, b"first text")])
    log.append([draft(TOPIC, b"between")])

    await log.append_if([edit(of, b"second text")])
    await log.append_if([edit(of, b"third text")])

    assert await bodies(log, start) == [b"between", b"third text"]


async def test_of_what_was_ended_no_text_is_left(log: Log) -> None:
    (start,) = log.append([draft(TOPIC, b"before")])
    (of,) = log.append([draft(TOPIC, b"first text")])
    await log.append_if([edit(of, b"second text")])

    await log.append_if([edit(of, b"{}", ends=True)])

    assert await bodies(log, start) == [b"{}"]


async def test_what_was_ended_takes_no_edit_whoever_comes_too_late(log: Log) -> None:
    (of,) = log.append([draft(TOPIC, b"text")])
    await log.append_if([edit(of, b"{}", ends=True)])

    late = await log.append_if([edit(of, b"text again")])
    twice = await log.append_if([edit(of, b"{}", ends=True)])

    assert [one.ended for one in (*late, *twice)] == [True, True]
    assert await bodies(log, of) == [b"{}"]


@pytest.mark.parametrize("ends", [False, True])
async def test_the_places_of_what_is_gone_are_no_gaps(log: Log, ends: bool) -> None:
    (start,) = log.append([draft(TOPIC)])
    positions = [start, *log.append([draft(TOPIC) for _ in range(3)])]

    for of in positions[1:3]:
        await log.append_if([edit(of)])
        await log.append_if([edit(of, ends=ends)])

    for position in positions:
        assert (await log.read({TOPIC: position})).gaps == frozenset()


async def test_another_topic_and_another_place_keep_what_they_have(log: Log) -> None:
    (start, of) = log.append([draft("job-2", b"elsewhere"), draft(TOPIC, b"here")])
    (other,) = log.append([draft(TOPIC, b"beside")])

    await log.append_if([edit(start), edit(of + 10**6)])

    assert [event.body for event in (await log.read({"job-2": 0})).events] == [b"elsewhere"]
    assert (await bodies(log, 0))[:2] == [b"here", b"beside"]
    assert other > of


async def test_what_a_topic_forgets_says_nothing_of_its_edits(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=3)
    (of,) = log.append([draft(TOPIC, b"text")])
    await log.append_if([edit(of, ends=True)])

    log.forget([TOPIC])
    (late,) = await log.append_if([edit(of, b"anew")])

    assert late.fresh
