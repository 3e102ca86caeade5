"""Binary frames reach the others in order and without loss, and who was cut off is sent what was missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from hub import topics
from hub.events import Draft
from tests.unit.hub.rooms.conftest import Hall, Visitor

FRAMES = [number.to_bytes(4, "big") + bytes(636) for number in range(300)]


async def send_within_credit(speaker: Visitor, frames: list[bytes]) -> None:
    sent_bytes = 0
    for sent, frame in enumerate(frames):
        sent_bytes += len(frame)
        await speaker.until(partial(_is_granted, speaker, sent + 1, sent_bytes))
        await speaker.socket.send(frame)


def _is_granted(speaker: Visitor, frames: int, size: int) -> bool:
    granted = speaker.of("credit")
    enough: bool = sum(one["frames"] for one in granted) >= frames
    return enough and sum(one["bytes"] for one in granted) >= size


async def test_every_frame_arrives_in_order(hall: Hall) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")

    await send_within_credit(ann, FRAMES)

    await bob.until(lambda: len(bob.binary) == len(FRAMES))
    assert bob.binary == FRAMES
    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == len(FRAMES))


async def test_a_position_says_whose_the_frames_before_it_are(hall: Hall) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")

    await ann.socket.send(b"one")

    await bob.until_received("position")
    (position,) = bob.of("position")
    assert (position["from"], position["frames"]) == ({"id": "ann", "name": "Ann"}, 1)


async def test_the_sender_is_sent_the_position_alone(hall: Hall) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")

    await ann.socket.send(b"one")
    await bob.until(lambda: bob.binary == [b"one"])
    await bob.socket.send(b"two")

    await ann.until(lambda: ann.binary == [b"two"])
    await ann.until_received("position", 2)
    assert [frame.get("frames") for frame in ann.of("position")] == [None, 1]


async def test_another_tab_of_the_sender_is_a_listener(hall: Hall) -> None:
    tab, ann = await hall.visit("binary-1"), await hall.visit("binary-1")

    await ann.socket.send(b"one")

    await tab.until(lambda: tab.binary == [b"one"])


async def test_who_was_cut_off_is_sent_what_was_missed(hall: Hall) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")
    await ann.socket.send(b"one")
    await bob.until_received("position")
    await bob.leave()
    for frame in (b"two", b"three"):
        await ann.socket.send(frame)
    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == 3)

    again = await hall.visit("binary-1", who="bob", query=f"?after={bob.of('position')[-1]['position']}")

    await again.until(lambda: again.binary == [b"two", b"three"])


async def test_a_newcomer_is_sent_nothing_from_before(hall: Hall) -> None:
    ann = await hall.visit("binary-1")
    await ann.socket.send(b"one")
    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == 1)

    bob = await hall.visit("binary-1", who="bob")
    await ann.socket.send(b"two")

    await bob.until(lambda: len(bob.binary) > 0)
    assert bob.binary == [b"two"]


async def test_a_newcomer_to_a_voice_room_is_sent_the_transcript_alone(hall: Hall) -> None:
    ann = await hall.visit("voice-1")
    await ann.say({"text": "Hello", "final": True})
    await ann.until_received("said")
    await ann.socket.send(b"one")
    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == 1)

    bob = await hall.visit("voice-1", who="bob")
    await ann.socket.send(b"two")

    await bob.until(lambda: len(bob.binary) > 0)
    assert (bob.messages, bob.binary) == ([{"text": "Hello", "final": True}], [b"two"])


async def test_transcripts_come_down_while_frames_go_up(hall: Hall) -> None:
    ann, program = await hall.visit("voice-1"), await hall.visit("voice-1", who="program")

    async def transcribe() -> None:
        for number in range(20):
            await program.until(lambda number=number: len(program.binary) > 10 * number)  # type: ignore[misc]
            await program.signal("transcript", {"text": f"wor {number}", "final": False})
            await program.say({"text": f"word {number}", "final": True}, f"c{number}")

    await asyncio.gather(send_within_credit(ann, FRAMES), transcribe())

    await ann.until(lambda: len(ann.messages) == 20)
    assert [body["text"] for body in ann.messages] == [f"word {number}" for number in range(20)]
    assert ann.of("signal")


async def test_a_listener_that_does_not_read_is_closed_and_the_others_hear_on(
    make_hall: Callable[..., Any],
) -> None:
    hall: Hall = await make_hall(limits={"mailbox_bytes": 32 * 1024})
    stopped = await hall.visit("binary-1", who="stopped")
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")
    stopped.socket.transport.pause_reading()
    frames = [number.to_bytes(4, "big") + bytes(16_000) for number in range(600)]

    await send_within_credit(ann, frames)

    await bob.until(lambda: len(bob.binary) == len(frames))
    assert bob.binary == frames
    assert not ann.closed
    stopped.socket.transport.resume_reading()
    assert await stopped.until_closed() in (4001, 1006)


async def test_a_malformed_event_of_another_program_is_a_position_without_frames(hall: Hall) -> None:
    bob, ann = await hall.visit("binary-1", who="bob"), await hall.visit("binary-1")
    topic = topics.binary("room-binary-1")

    for body in (b"[]", b"{}", b'{"connection":"c","from":{"id":"a","name":"A"},"frames":["?"]}', b"\xff"):
        hall.log.append([_draft(topic, body)])
    await ann.socket.send(b"one")

    await bob.until(lambda: bob.binary == [b"one"])
    assert not bob.closed


def _draft(topic: str, body: bytes) -> Draft:
    return Draft(topic, "frames", body)
