"""A sender that was cut off goes on with its stream: every frame is accepted once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.log import LogAway
from hub.rooms.protocol import Close
from tests.unit.hub.rooms.conftest import Hall, Visitor


async def begin(hall: Hall, stream: str = "mic", acknowledged: int = 0, who: str = "ann") -> Visitor:
    visitor = await hall.visit("binary-1", who=who)
    await visitor.send({"type": "stream", "id": stream, "acknowledged": acknowledged})
    await visitor.until(lambda: bool(visitor.of("stream")) or visitor.closed)
    return visitor


def accepted(visitor: Visitor) -> int:
    return int(visitor.of("credit")[-1]["accepted"]) if visitor.of("credit") else 0


async def test_a_new_stream_begins_at_0(hall: Hall) -> None:
    ann = await begin(hall)

    assert ann.of("stream") == [{"type": "stream", "id": "mic", "accepted": 0}]


async def test_it_goes_on_where_the_log_has_it(hall: Hall) -> None:
    ann = await begin(hall)
    for frame in (b"0", b"1", b"2"):
        await ann.socket.send(frame)
    await ann.until(lambda: accepted(ann) == 3)
    await ann.leave()

    again = await begin(hall)
    await again.socket.send(b"3")

    assert again.of("stream")[0]["accepted"] == 3
    await again.until(lambda: accepted(again) == 4)


async def test_what_the_sender_knows_counts_where_the_log_has_forgotten_it(hall: Hall) -> None:
    ann = await begin(hall, acknowledged=500)
    await ann.socket.send(b"500")

    assert ann.of("stream")[0]["accepted"] == 500
    await ann.until(lambda: accepted(ann) == 501)


async def test_streams_of_others_are_others(hall: Hall) -> None:
    ann = await begin(hall)
    await ann.socket.send(b"0")
    await ann.until(lambda: accepted(ann) == 1)

    bob = await begin(hall, who="bob")

    assert bob.of("stream")[0]["accepted"] == 0


async def test_race_the_old_connection_appends_after_the_new_one(hall: Hall) -> None:
    bob, old = await hall.visit("binary-1", who="bob"), await begin(hall)
    await old.socket.send(b"0")
    await old.until(lambda: accepted(old) == 1)
    new = await begin(hall, acknowledged=1)
    await new.socket.send(b"1")
    await new.until(lambda: accepted(new) == 2)

    await old.socket.send(b"1")  # what was on its way as it was cut off

    assert await old.until_closed() == Close.MALFORMED
    await new.socket.send(b"2")
    await bob.until(lambda: len(bob.binary) >= 3)
    assert bob.binary == [b"0", b"1", b"2"]


@pytest.mark.parametrize("is_appended", [False, True])
async def test_race_frames_are_appended_once_when_the_log_fails_meanwhile(
    hall: Hall, is_appended: bool
) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await begin(hall)
    append = hall.log.append_grouped
    failures = 2

    async def failing(*given: Any) -> list[int]:
        nonlocal failures
        failures -= 1
        if failures < 0:
            return await append(*given)
        if is_appended:
            await append(*given)
        raise LogAway("no answer")

    hall.log.append_grouped = failing  # type: ignore[assignment, method-assign]
    for frame in (b"0", b"1", b"2"):
        await ann.socket.send(frame)

    await ann.until(lambda: accepted(ann) == 3)
    await bob.until(lambda: len(bob.binary) >= 3)
    assert bob.binary == [b"0", b"1", b"2"]
    assert [error["reason"] for error in ann.of("error")] == ["away"]


async def test_it_goes_on_over_a_log_that_went_back(hall: Hall) -> None:
    ann = await begin(hall)
    for frame in (b"0", b"1"):
        await ann.socket.send(frame)
    await ann.until(lambda: accepted(ann) == 2)
    (key,) = hall.log._done
    hall.log._done[key] = (*hall.log._done[key][:2], "1.earlier")

    await ann.socket.send(b"2")

    await ann.until(lambda: accepted(ann) == 3)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "stream", "id": "", "acknowledged": 0},
        {"type": "stream", "id": "x" * 101, "acknowledged": 0},
        {"type": "stream", "id": 1, "acknowledged": 0},
        {"type": "stream", "id": "mic", "acknowledged": -1},
        {"type": "stream", "id": "mic", "acknowledged": True},
        {"type": "stream", "id": "mic", "acknowledged": 2**60},
        {"type": "stream", "id": "mic"},
    ],
)
async def test_a_malformed_one_closes_with_4400(hall: Hall, frame: Any) -> None:
    ann = await hall.visit("binary-1")

    await ann.send(frame)

    assert await ann.until_closed() == Close.MALFORMED


async def test_it_is_named_once_before_its_first_frame(hall: Hall) -> None:
    ann, bob = await begin(hall), await hall.visit("binary-1", who="bob")
    await bob.socket.send(b"0")

    for visitor in (ann, bob):
        await visitor.send({"type": "stream", "id": "other", "acknowledged": 0})

    assert {await visitor.until_closed() for visitor in (ann, bob)} == {Close.MALFORMED}


async def test_frames_before_its_answer_close_with_4400(hall: Hall) -> None:
    ann = await hall.visit("binary-1")
    asked = asyncio.Event()

    async def waiting(*_: Any) -> list[int]:
        await asked.wait()
        return []

    hall.log.append_grouped = waiting  # type: ignore[assignment, method-assign]
    await ann.send({"type": "stream", "id": "mic", "acknowledged": 0})
    await ann.socket.send(b"0")

    assert await ann.until_closed() == Close.MALFORMED
    asked.set()


async def test_a_room_of_text_has_none(hall: Hall) -> None:
    ann = await hall.visit("chat-1")

    await ann.send({"type": "stream", "id": "mic", "acknowledged": 0})

    assert await ann.until_closed() == Close.MALFORMED
