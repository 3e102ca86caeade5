"""The dialect of rooms: every message is a whole WebSocket frame, the same by any transport."""

from __future__ import annotations

import json
import struct

import pytest

from hub.events import Encoded, Event
from hub.rooms.dialect import ROOM_DIALECT, Frame

TEXT, CLOSE = 0x81, 0x88


def test_an_event_is_its_body_with_type_and_position_first() -> None:
    encoded = ROOM_DIALECT.event(Event(12, 11, "room-1", "said", b'{"id":"c1","body":"x"}'))

    assert encoded.framed is encoded.payload
    assert encoded.payload[0] == TEXT
    assert json.loads(encoded.payload[2:]) == {"type": "said", "position": "12", "id": "c1", "body": "x"}


def test_a_joined_replay_needs_nothing_around_it() -> None:
    assert ROOM_DIALECT.frame(b"frames") == b"frames"


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (ROOM_DIALECT.slow, 4001),
        (ROOM_DIALECT.retired(), 4000),
        (ROOM_DIALECT.revoked(retry=True), 4003),
        (ROOM_DIALECT.expired, 4004),
        (ROOM_DIALECT.revoked(retry=False), 4401),
    ],
)
def test_a_connection_ends_with_a_close_frame(encoded: Frame, code: int) -> None:
    assert encoded.payload[0] == CLOSE
    assert struct.unpack("!H", encoded.payload[2:4]) == (code,)


def test_a_reset_says_why() -> None:
    reset: Encoded = ROOM_DIALECT.reset(["room-1"], 12, "trimmed")

    assert json.loads(reset.payload[2:]) == {"type": "reset", "reason": "trimmed"}
