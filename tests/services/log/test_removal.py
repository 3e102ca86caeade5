"""What is taken back leaves the log, and nobody is told of a gap for it. Each test runs with both bodies."""

from __future__ import annotations

import pytest

from hub.events import Draft
from hub.log import Log
from tests.services.log.conftest import MakeLog, RecordingReceiver, draft, new_log


def removal_of(key: str, topic: str = "job-1") -> Draft:
    return draft(topic, b"taken back", f"recalled-{key}", removes=key)


async def bodies(log: Log, after: int, topic: str = "job-1") -> list[bytes]:
    return [event.body for event in (await log.read({topic: after})).events]


async def test_what_is_recalled_is_read_no_more(log: Log) -> None:
    (start,) = log.append([draft(body=b"before")])
    log.append([draft(body=b"secret", key="n1"), draft(body=b"after")])

    log.append([removal_of("n1")])

    assert await bodies(log, start) == [b"after", b"taken back"]


@pytest.mark.parametrize("removed", [["n0"], ["n1"], ["n2"], ["n0", "n1"], ["n1", "n0"], ["n0", "n1", "n2"]])
async def test_its_place_is_no_gap(log: Log, removed: list[str]) -> None:
    (start,) = log.append([draft()])
    positions = [start, *log.append([draft(key=f"n{n}") for n in range(3)])]

    log.append([removal_of(key) for key in removed])

    for position in positions:
        assert (await log.read({"job-1": position})).gaps == frozenset()


async def test_what_was_trimmed_before_it_is_a_gap_still(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_events=3)
    (start,) = log.append([draft(key="n0")])
    positions = log.append([draft(key=f"n{n}") for n in range(1, 4)])

    log.append([removal_of("n2"), draft()])

    assert (await log.read({"job-1": start})).gaps == {"job-1"}
    assert (await log.read({"job-1": positions[0]})).gaps == frozenset()


async def test_what_was_not_yet_there_never_comes(log: Log, receiver: RecordingReceiver) -> None:
    """Whoever published it may be late: its recall overtook it."""
    (start,) = log.append([draft()])
    await log.subscribe(["job-1"])
    (recalled,) = log.append([removal_of("n1")])

    late = log.append([draft(body=b"secret", key="n1")])
    log.append([draft(body=b"after")])
    await receiver.until(lambda: len(receiver.events) >= 2)

    assert late == [recalled]
    assert [event.body for event in receiver.events] == [b"taken back", b"after"]
    assert await bodies(log, start) == [b"taken back", b"after"]


async def test_a_second_time_changes_nothing(log: Log) -> None:
    (start,) = log.append([draft()])
    log.append([draft(key="n1")])

    first = log.append([removal_of("n1")])
    again = log.append([removal_of("n1"), draft(body=b"other")])

    assert again[0] == first[0]
    assert await bodies(log, start) == [b"taken back", b"other"]


async def test_many_of_many_topics_are_recalled_at_once(log: Log) -> None:
    (start,) = log.append([draft("other")])
    log.append([draft(f"t{n}", b"secret", key=f"n{n}") for n in range(50)])

    log.append([draft("t0", b"plain"), *(removal_of(f"n{n}", f"t{n}") for n in range(50))])

    assert await bodies(log, start, "t0") == [b"plain", b"taken back"]
    assert [await bodies(log, start, f"t{n}") for n in range(1, 50)] == [[b"taken back"]] * 49


async def test_only_so_many_places_are_remembered(make_log: MakeLog) -> None:
    """What was forgotten of them is a gap, said and not hidden."""
    log = await new_log(make_log, max_events=4)
    (start,) = log.append([draft()])
    for n in range(10):
        log.append([draft(key=f"n{n}"), removal_of(f"n{n}")])

    assert (await log.read({"job-1": start})).gaps == {"job-1"}
