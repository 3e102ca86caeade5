"""Binary frames on a socket that carries many rooms begin with the number of the room."""

from __future__ import annotations

from tests.unit.hub.rooms.carrier.conftest import Desk, Sit
from tests.unit.hub.rooms.conftest import Hall


async def test_a_binary_frame_is_relayed_with_each_reader_s_own_number(hall: Hall, sit: Sit) -> None:
    own = await hall.visit("binary-2", "eve")
    ann, bob = await sit(), await sit("bob")
    await ann.join("binary-1")
    await ann.join("binary-2")
    await bob.join("binary-2")

    await ann.socket.send(number(ann, "binary-2") + b"sound")
    await bob.until(lambda: bool(bob.binary))
    await own.until(lambda: bool(own.binary))

    assert own.binary == [b"sound"]
    assert bob.binary == [number(bob, "binary-2") + b"sound"]
    assert number(ann, "binary-2") != number(bob, "binary-2")


async def test_a_binary_frame_for_a_room_that_was_left_is_dropped(hall: Hall, sit: Sit) -> None:
    ann = await sit()
    await ann.join("binary-1")
    old = number(ann, "binary-1")
    await ann.quit("binary-1")
    await ann.join("binary-1")
    bob = await hall.visit("binary-1", "bob")

    await ann.socket.send(old + b"late")
    await ann.socket.send(number(ann, "binary-1") + b"now")
    await bob.until(lambda: bool(bob.binary))

    assert bob.binary == [b"now"]


def number(desk: Desk, name: str) -> bytes:
    welcomes = [frame for frame in desk.room(name) if frame["type"] == "welcome"]
    given: int = welcomes[-1]["number"]
    return given.to_bytes(2, "big")
