"""The frames of the hub are what RFC 6455 says, and what another implementation reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from hub.rooms.protocol import Close
from hub.support import ws_frames


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_says_its_length_as_rfc_6455_wants_it(length: int, head: bytes) -> None:
    assert ws_frames.text(b"x" * length) == head + b"x" * length


@settings(deadline=None, database=None)
@given(st.binary(max_size=300), st.sampled_from(list(Close)), st.text(st.characters(codec="utf-8")))
def test_another_implementation_reads_the_frames(data: bytes, code: Close, reason: str) -> None:
    browser = Protocol(Side.CLIENT, state=OPEN)

    browser.receive_data(
        ws_frames.text(b"{}") + ws_frames.binary(data) + ws_frames.PING + ws_frames.closing(code, reason * 10)
    )

    events = browser.events_received()
    assert [event.opcode for event in events if isinstance(event, Frame)] == [
        Opcode.TEXT,
        Opcode.BINARY,
        Opcode.PING,
        Opcode.CLOSE,
    ]
    assert browser.close_rcvd is not None
    assert browser.close_rcvd.code == code
    assert (reason * 10).startswith(browser.close_rcvd.reason)


@settings(deadline=None, database=None)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=70_000)), max_size=5), st.sampled_from(list(Close))
)
def test_joined_frames_are_split_again(messages: list[tuple[bool, bytes]], code: Close) -> None:
    frames = [ws_frames.text(data) if text else ws_frames.binary(data) for text, data in messages]

    *split, (opcode, payload) = ws_frames.split(b"".join(frames) + ws_frames.closing(code, "é"))

    assert split == [(ws_frames.TEXT if text else ws_frames.BINARY, data) for text, data in messages]
    assert (opcode, ws_frames.parse_close(payload)) == (ws_frames.CLOSE, (code, "é"))
