"""Who sends too much is closed with 4429, told what was too much, and costs nobody else anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from hub.rooms import protocol
from hub.rooms.connection import RoomConnection
from hub.rooms.frame_heads import MAX_FRAGMENTS
from hub.rooms.protocol import MAX_FRAME_BYTES, Close
from tests.unit.hub.rooms.conftest import Hall, Visitor, socket_only
from tests.unit.hub.rooms.wireframe import frame

RATES = {"messages_per_s": 20, "signals_per_s": 40, "bytes_per_s": 100_000}
LARGE = json.dumps({"type": "say", "id": "c", "body": "x" * 60_000}).encode()
PING = json.dumps({"type": "ping"}).encode()

FLOODS = {
    "pings in JSON": (frame(PING) * 2000, "frames"),
    "signals": (frame(b'{"type":"signal","name":"n","body":1}') * 2000, "frames"),
    "large messages": (frame(LARGE) * 20, "bytes"),
}
# Only what is unframed here can be counted.
FRAME_FLOODS = {
    "empty messages": (frame(b"") * 2000, "frames"),
    "pings of the protocol": (frame(b"", opcode=9) * 2000, "frames"),
    "pongs that nobody asked for": (frame(b"", opcode=10) * 2000, "frames"),
    "fragments of one byte": (
        (frame(b"x", fin=False) + frame(b"x", opcode=0) + frame(b"", opcode=10)) * 700,
        "frames",
    ),
    "much of one message": (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"\0" * 1_000_000, "bytes"),
}


async def pour(visitor: Visitor, data: bytes) -> None:
    """As fast as they are taken, until all are, or the connection ends."""
    transport = visitor.socket.transport
    for start in range(0, len(data), 16_384):
        if transport.is_closing():
            return
        transport.write(data[start : start + 16_384])
        await asyncio.sleep(0)


@socket_only
@pytest.mark.parametrize(("data", "what"), FRAME_FLOODS.values(), ids=FRAME_FLOODS.keys())
async def test_a_flood_of_frames_is_closed_with_the_limit_that_it_broke(
    make_hall: Callable[..., Any], data: bytes, what: str
) -> None:
    await drown(make_hall, data, what)


@pytest.mark.parametrize(("data", "what"), FLOODS.values(), ids=FLOODS.keys())
async def test_a_flood_is_closed_with_the_limit_that_it_broke(
    make_hall: Callable[..., Any], data: bytes, what: str
) -> None:
    await drown(make_hall, data, what)


async def drown(make_hall: Callable[..., Any], data: bytes, what: str) -> None:
    hall = await make_hall(rates=RATES)
    ann, bob = await hall.visit(), await hall.visit(who="bob")

    await pour(ann, data)

    assert await ann.until_closed() in (4429, 1009)
    assert what in ann.reason or ann.code == 1009
    await bob.say("still here")
    await bob.until_received("said")


@socket_only
async def test_while_there_is_too_much_nothing_is_parsed(
    make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = await make_hall(rates=RATES)
    ann = await hall.visit("device-1")
    parsed: list[bytes] = []
    real = protocol.parse

    def parse(text: bytes) -> Any:
        parsed.append(text)
        return real(text)

    monkeypatch.setattr(protocol, "parse", parse)
    large = json.dumps({"type": "signal", "name": "n", "body": [{"a": 0}] * 6000}).encode()

    flood = frame(large) * 50
    await pour(ann, flood)

    assert await ann.until_closed() == 4429
    assert sum(map(len, parsed)) < len(flood) / 4


async def test_all_connections_of_a_person_share_what_they_may_send(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(rates={"messages_per_s": 2})
    tabs = [await hall.visit(f"chat-{number}") for number in range(5)]
    bob = await hall.visit("chat-0", who="bob")

    for number in range(10):
        for tab in tabs:
            message = {"type": "say", "id": f"c{number}", "body": "hello"}
            await pour(tab, frame(json.dumps(message).encode()))

    assert {await tab.until_closed() for tab in tabs} == {4429}
    assert sum(len(tab.of("said")) for tab in tabs) < 10
    assert "2 messages a second over all your connections" in tabs[0].reason
    await bob.say("hello")
    await bob.until(lambda: bob.messages[-1:] == ["hello"])


async def test_who_comes_back_at_once_may_send_no_more(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(rates={"messages_per_s": 0.1, "signals_per_s": 0.1})
    ann = await hall.visit()
    await pour(ann, frame(PING) * 200)
    assert await ann.until_closed() == 4429

    back = await hall.visit()
    await pour(back, frame(PING) * 50)

    assert await back.until_closed() == 4429


@socket_only
async def test_an_endless_message_of_empty_fragments_is_refused(hall: Hall) -> None:
    ann = await hall.visit()

    await pour(ann, frame(b'"', fin=False) + frame(b"", opcode=0, fin=False) * 300)

    assert await ann.until_closed() == 4400
    assert "empty fragment" in ann.reason


@socket_only
async def test_a_message_of_too_many_fragments_is_refused_and_one_of_as_many_as_allowed_is_accepted(
    hall: Hall,
) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    message = json.dumps({"type": "say", "id": "c1", "body": "x" * 100}).encode()
    fragments = [message[at : at + 1] for at in range(MAX_FRAGMENTS - 1)] + [message[MAX_FRAGMENTS - 1 :]]

    def fragmented(fragments: list[bytes]) -> bytes:
        return b"".join(
            frame(fragment, opcode=0 if at else 1, fin=at == len(fragments) - 1) + frame(b"", opcode=10)
            for at, fragment in enumerate(fragments)
        )

    await pour(ann, fragmented(fragments))
    await bob.until_received("said")
    await pour(ann, fragmented([b"x"] * (MAX_FRAGMENTS + 1)))

    assert await ann.until_closed() == 4400
    assert "64 fragments" in ann.reason


@socket_only
async def test_a_huge_control_frame_is_refused(hall: Hall) -> None:
    ann = await hall.visit()

    await pour(ann, frame(b"x" * 60_000, opcode=9))

    assert await ann.until_closed() == 1002


@socket_only
async def test_what_is_kept_of_a_member_who_never_finishes_is_one_message_at_most(hall: Hall) -> None:
    ann = await hall.visit()
    (member,) = hall.rooms.connections
    assert isinstance(member, RoomConnection)
    fragment = frame(b"x" * 1000, opcode=0, fin=False)

    await pour(ann, frame(b'"', fin=False) + fragment * (MAX_FRAGMENTS - 1))
    await ann.until(lambda: len(member._parts) == MAX_FRAGMENTS)

    assert sum(map(len, member._parts)) <= MAX_FRAME_BYTES
    await pour(ann, fragment)
    assert await ann.until_closed() == 4400


async def test_a_signal_over_4_kib_is_refused_and_reaches_no_one(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")

    await ann.signal("typing", "x" * 5000)
    await ann.signal("typing", "small")

    await ann.until_received("error")
    await bob.until_received("signal")
    assert (ann.of("error")[0]["id"], ann.of("error")[0]["reason"]) == (None, "too-large")
    assert "4096" in ann.of("error")[0]["detail"]
    assert [signal["body"] for signal in bob.of("signal")] == ["small"]


async def test_a_signal_that_grows_as_it_is_written_is_measured_afterwards(hall: Hall) -> None:
    ann = await hall.visit("device-1")

    await ann.socket.send('{"type":"signal","name":"telemetry","body":[' + ",".join(["1e15"] * 600) + "]}")

    await ann.until_received("error")
    assert ann.of("error")[0]["reason"] == "too-large"


async def test_a_binary_room_takes_64_kib_in_a_frame(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"mailbox_bytes": 128 * 1024})
    ann, bob = await hall.visit("binary-1"), await hall.visit("binary-1", who="bob")

    await ann.socket.send(b"x" * MAX_FRAME_BYTES)

    await bob.until(lambda: bob.binary == [b"x" * MAX_FRAME_BYTES])


async def test_the_bytes_that_a_person_sends_are_bounded(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(rates={"bytes_per_s": 50_000})
    ann = await hall.visit("binary-1")

    for _ in range(9):
        with suppress(ConnectionClosed):
            await ann.socket.send(b"x" * 60_000)  # 540 kB, of which 150 kB may come at once

    assert await ann.until_closed() == Close.TOO_FAST


async def test_the_buckets_of_who_left_are_forgotten(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall()
    ann = await hall.visit()
    await ann.leave()

    async with asyncio.timeout(10):
        while len(hall.rooms.limiters):
            await asyncio.sleep(0.01)
            hall.rooms.limiters.sweep()
