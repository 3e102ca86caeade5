"""Readers of a long topic share what is read and encoded of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import pytest

from hub.events import Encoded, Event, draft
from hub.feeds.sse import SSE
from hub.log import LogAway, Page
from hub.log.memory import MemoryLog
from hub.log.reads import chunks
from hub.log.reads.chunks import Chunks
from tests.unit.hub.log.silent_receiver import SilentReceiver

LINES = 100


class CountingLog(MemoryLog):
    def __init__(self) -> None:
        super().__init__(LINES + 1, 60)
        self.reads = 0
        self.away = False

    async def read(self, after: Mapping[str, int], limit: int = 0) -> Page:
        self.reads += 1
        await asyncio.sleep(0)
        if self.away:
            raise LogAway("away")
        return await super().read(after, limit)


@pytest.fixture
async def log(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CountingLog]:
    monkeypatch.setattr(chunks, "MAX_EVENTS", 40)
    log = CountingLog()
    listening = asyncio.create_task(log.listen(SilentReceiver()))
    await asyncio.sleep(0)
    yield log
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def write(log: MemoryLog) -> list[int]:
    return log.append([draft("job", "line", n) for n in range(LINES + 1)])


def encode(event: Event) -> Encoded:
    encode_calls.append(event.position)
    return SSE.event(event)


encode_calls: list[int] = []


async def test_who_ask_at_the_same_time_share_a_read_and_its_bytes(log: CountingLog) -> None:
    start, *positions = write(log)
    shared = Chunks(log)
    encode_calls.clear()

    found = await asyncio.gather(*(shared.of("job", start, 100, encode) for _ in range(50)))

    assert log.reads == 1
    assert encode_calls == positions[:40]
    payloads = {id(chunk.payload(start, chunk.upto)) for chunk in found if chunk}
    assert len(payloads) == 1


async def test_one_that_begins_within_it_is_given_the_rest(log: CountingLog) -> None:
    start, *positions = write(log)
    shared = Chunks(log)
    whole = await shared.of("job", start, 100, SSE.event)

    chunk = await shared.of("job", positions[9], 100, SSE.event)

    assert chunk is not None
    assert chunk is whole
    assert chunk.number(positions[9], positions[19]) == 10
    events = [SSE.event(event) for event in (await log.read({"job": positions[9]}, 10)).events]
    assert chunk.payload(positions[9], positions[19]) == b"".join(event.payload for event in events)
    assert [one[0] for one in chunk.payloads(positions[9], positions[19])] == positions[10:20]


async def test_the_last_one_says_that_there_is_no_more(log: CountingLog) -> None:
    _, *positions = write(log)
    shared = Chunks(log)

    first, last = [await shared.of("job", after, 100, SSE.event) for after in (positions[0], positions[-10])]

    assert first is not None
    assert first.more
    assert last is not None
    assert not last.more


async def test_large_events_make_it_short(log: CountingLog) -> None:
    start, *_ = write(log)

    chunk = await Chunks(log).of("job", start, chunks.CHUNK_BYTES // 5, SSE.event)

    assert chunk is not None
    assert chunk.number(start, chunk.upto) == 5


async def test_what_the_log_has_lost_is_no_chunk(log: CountingLog) -> None:
    write(log)

    assert await Chunks(log).of("job", 1, 100, SSE.event) is None


async def test_what_expires_is_no_chunk(log: CountingLog) -> None:
    """It would be sent when it has."""
    (start,) = log.append([draft("job", "line", 0)])
    log.append([draft("job", "line", 1, expires_at=datetime(2100, 1, 1, tzinfo=UTC))])

    assert await Chunks(log).of("job", start, 100, SSE.event) is None


async def test_an_outage_is_told_to_all_who_wait_and_the_next_one_reads_again(log: CountingLog) -> None:
    start, *_ = write(log)
    shared = Chunks(log)
    log.away = True

    refused = await asyncio.gather(
        *(shared.of("job", start, 100, SSE.event) for _ in range(20)), return_exceptions=True
    )
    reads, log.away = log.reads, False

    assert [type(error) for error in refused] == [LogAway] * 20
    assert reads == 1
    assert await shared.of("job", start, 100, SSE.event) is not None


async def test_race_a_reader_that_leaves_takes_the_read_from_no_other(log: CountingLog) -> None:
    start, *_ = write(log)
    shared = Chunks(log)
    first = asyncio.create_task(shared.of("job", start, 100, SSE.event))
    second = asyncio.create_task(shared.of("job", start, 100, SSE.event))
    await asyncio.sleep(0)

    first.cancel()

    assert await second is not None
    assert log.reads == 1


async def test_only_so_many_are_kept_and_only_for_a_while(
    log: CountingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_CHUNKS", 3)
    monkeypatch.setattr(chunks, "KEPT_S", 0.05)
    positions = write(log)
    shared = Chunks(log)

    for position in positions[0:50:10]:
        await shared.of("job", position, chunks.CHUNK_BYTES // 5, SSE.event)

    assert len(shared) == 3
    async with asyncio.timeout(5):
        while len(shared):
            await asyncio.sleep(0.01)
