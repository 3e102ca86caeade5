"""Frames are counted by their heads, however the bytes come, and messages without end are refused."""

from __future__ import annotations

import random

import pytest

from hub.rooms.frame_heads import MAX_FRAGMENTS, FrameHeads
from hub.rooms.protocol import Malformed
from tests.unit.hub.rooms.wireframe import frame

SOME = [
    frame(b"{}"),
    frame(b""),
    frame(b"x" * 125),
    frame(b"x" * 126),
    frame(b"x" * 70_000),
    frame(b"", opcode=9),
    frame(b"12345", opcode=10),
    frame(b"ab", fin=False),
    frame(b"p", opcode=9),
    frame(b"cd", opcode=0),
    frame(b"{}", masked=False),
]


def test_frames_are_counted_as_they_begin() -> None:
    assert FrameHeads().count(b"".join(SOME), 1000) == len(SOME)


@pytest.mark.parametrize("seed", range(5))
def test_however_the_bytes_are_cut_the_count_is_the_same(seed: int) -> None:
    chance = random.Random(seed)
    whole, heads, begun = b"".join(SOME * 3), FrameHeads(), 0

    while whole:
        size = chance.choice([1, 2, 3, 7, 500, 40_000])
        begun += heads.count(whole[:size], 1000)
        whole = whole[size:]

    assert begun == 3 * len(SOME)


def test_it_is_counted_no_further_than_one_too_many() -> None:
    assert FrameHeads().count(frame(b"", opcode=9) * 10_000, 20) == 21


def test_an_empty_fragment_that_is_not_the_last_is_refused() -> None:
    heads = FrameHeads()
    heads.count(frame(b'"', fin=False), 1000)

    with pytest.raises(Malformed, match="empty fragment"):
        heads.count(frame(b"", opcode=0, fin=False), 1000)


def test_a_message_of_too_many_fragments_is_refused_though_pings_stand_between() -> None:
    heads = FrameHeads()
    heads.count(frame(b"x", fin=False), 1000)
    more = frame(b"x", opcode=0, fin=False) + frame(b"", opcode=9)
    heads.count(more * (MAX_FRAGMENTS - 1), 1000)

    with pytest.raises(Malformed, match="64 fragments"):
        heads.count(more, 1000)


def test_messages_of_as_many_fragments_as_may_be_follow_each_other() -> None:
    message = (
        frame(b"x", fin=False) + frame(b"x", opcode=0, fin=False) * (MAX_FRAGMENTS - 2) + frame(b"", opcode=0)
    )

    assert FrameHeads().count(message * 3, 1000) == 3 * MAX_FRAGMENTS


def test_what_follows_a_close_does_not_count() -> None:
    heads = FrameHeads()

    assert heads.count(frame(b"\x03\xe8", opcode=8) + frame(b"", fin=False) * 10, 1000) == 1
