"""What a message may take, as the hub writes it."""

from __future__ import annotations

import json

from hub.events import MAX_DATA_BYTES
from tests.unit.hub.rooms.conftest import Hall


async def test_numbers_that_grow_as_they_are_written_are_measured_afterwards(hall: Hall) -> None:
    ann, bob = await hall.visit("device-1"), await hall.visit("device-1", who="bob")
    levels = ",".join(["1e15"] * 12_000)  # 60 kB, then 228 kB

    await ann.socket.send('{"type":"say","id":"big","body":{"command":"dim","levels":[' + levels + "]}}")
    await ann.say({"command": "off"}, id="small")

    await ann.until_received("error")
    await bob.until_received("said")
    assert [(error["id"], error["reason"]) for error in ann.of("error")] == [("big", "too-large")]
    assert bob.messages == [{"command": "off"}]


async def test_every_message_fits_into_an_event(hall: Hall) -> None:
    ann = await hall.visit("device-1")
    head = len(json.dumps({"type": "say", "id": "c1", "body": {"command": ""}}))

    await ann.say({"command": "x" * (64 * 1024 - head)})  # the largest frame: its event bears more beside it

    await ann.until_received("error")
    page = await hall.log.read({"room-device-1": 0})
    assert all(len(event.body) <= MAX_DATA_BYTES for event in page.events)
