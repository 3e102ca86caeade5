"""Bytes that are no message, or no update, of Yjs: refused, whatever lengths and depths they name."""

from __future__ import annotations

import os

import pytest

from hub.rooms.documents import content, protocol, updates
from hub.rooms.documents.protocol import STEP_1
from hub.rooms.documents.varints import block, uint
from hub.rooms.protocol import Malformed
from tests.unit.hub.rooms.documents.conftest import sync

HUGE = uint((1 << 53) - 1)
ITEM = b"\x01\x01\x01\x00"  # an update: one client with one struct, client 1, clock 0
ROOT = b"\x01\x01t"  # a parent: the type "t"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 20,
        b"\xff" * 20,
        HUGE,
        b"\x01" + HUGE,
        b"\x00" + HUGE,
        b"\x01\x01" + HUGE + HUGE,
        ITEM + b"\x04" + ROOT + b"\x02\xff\xfe\x00",  # a text that is not UTF-8
        ITEM + b"\x04" + ROOT + HUGE,
        ITEM + b"\x02" + ROOT + b"\x01\x01a\x00",  # ContentJSON
        ITEM + b"\x07" + ROOT + b"\x60\x00",  # a type that is none
        ITEM + b"\x08" + ROOT + b"\x01" + b"\x75" + HUGE,  # an array of so many values
        ITEM + b"\x08" + ROOT + b"\x01" + b"\x76" + HUGE,  # an object of so many
        ITEM + b"\x08" + ROOT + b"\x01" + b"\x75\x01" * 50_000 + b"\x7e\x00",  # arrays in arrays
        ITEM + b"\x08" + ROOT + b"\x01" + b"\x76\x01\x00" * 50_000 + b"\x7e\x00",
        ITEM + b"\x05" + ROOT + block(b"[" * 50_000 + b"]" * 50_000) + b"\x00",  # and in JSON
        ITEM + b"\x00" + HUGE + b"\x00",  # a clock beyond all clocks
        b"\x00\x00trailing",
    ],
)
def test_what_is_no_update_is_refused_before_it_is_parsed_any_further(data: bytes) -> None:
    with pytest.raises(Malformed):
        updates.check(data)


@pytest.mark.parametrize(
    "message",
    [
        b"\x09",
        b"\x02\x00\x01x",
        b"\x00\x05\x00",
        b"\x00\x00" + HUGE,
        sync(STEP_1, b"\x05\x01"),
        sync(STEP_1, HUGE),
        b"\x01" + block(HUGE),
        b"\x01" + block(b"\x01\x01\x01" + block(b"{no JSON")),
        b"\x01" + block(b"\x01\x01\x01" + block(b'"a text"')),
        b"\x01" + block(b"\x01\x01\x01" + block(b"[" * 3000)),
        b"\x80",
    ],
)
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(Malformed):
        list(protocol.parse(message))


def test_random_bytes_are_refused_or_harmless() -> None:
    for length in range(400):
        try:
            content.checked(os.urandom(length % 40))
        except Malformed:
            continue
