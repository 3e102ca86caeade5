"""A sender keeps within its credit, which it has back as its frames are accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.log import LogAway
from hub.rooms import kinds
from hub.rooms.binary.credit import MAX_BYTES, MAX_FRAMES, Credit
from hub.rooms.kinds import Kind
from hub.rooms.protocol import Close
from tests.unit.hub.rooms.conftest import Hall


class Video(Kind):
    name = "video"
    binary = True
    may_drop = True


@pytest.fixture
def video() -> Iterator[None]:
    kinds.register(Video)
    yield
    kinds.unregister("video")


async def test_the_first_grant_follows_live(hall: Hall) -> None:
    ann = await hall.visit("binary-1")

    await ann.until_received("credit")

    assert ann.types[-2:] == ["live", "credit"]
    assert ann.of("credit") == [{"type": "credit", "frames": MAX_FRAMES, "bytes": MAX_BYTES, "accepted": 0}]


async def test_a_room_of_text_grants_none(hall: Hall) -> None:
    ann = await hall.visit("chat-1")
    await ann.send({"type": "ping"})
    await ann.until_received("pong")

    assert not ann.of("credit")


async def test_what_was_accepted_is_granted_again(hall: Hall) -> None:
    ann = await hall.visit("binary-1")
    for _ in range(5):
        await ann.socket.send(b"12345678")

    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == 5)

    granted = ann.of("credit")[1:]
    assert sum(frame["frames"] for frame in granted) == 5
    assert sum(frame["bytes"] for frame in granted) == 40


async def test_who_sends_beyond_it_is_closed_with_4429(make_hall: Callable[..., Any]) -> None:
    hall: Hall = await make_hall(rates={"signals_per_s": 10_000})
    ann = await hall.visit("binary-1")
    await ann.until_received("credit")
    hall.log.append_grouped = _away  # type: ignore[method-assign, assignment]

    for _ in range(MAX_FRAMES + 1):
        await ann.socket.send(b"x")

    assert await ann.until_closed() == Close.TOO_FAST
    assert "credit" in ann.reason


async def test_bytes_count_as_well(make_hall: Callable[..., Any]) -> None:
    hall: Hall = await make_hall()
    ann = await hall.visit("binary-1")
    await ann.until_received("credit")
    hall.log.append_grouped = _away  # type: ignore[method-assign, assignment]

    for _ in range(MAX_BYTES // 60_000 + 1):
        await ann.socket.send(bytes(60_000))

    assert await ann.until_closed() == Close.TOO_FAST


async def test_a_kind_that_may_drop_says_how_many_it_dropped(
    make_hall: Callable[..., Any], video: None
) -> None:
    hall: Hall = await make_hall(rates={"signals_per_s": 10_000})
    ann, bob = await hall.visit("video-1"), await hall.visit("video-1", who="bob")
    await ann.until_received("credit")
    append, hall.log.append_grouped = hall.log.append_grouped, _away  # type: ignore[method-assign, assignment]
    for number in range(MAX_FRAMES + 7):
        await ann.socket.send(bytes([number]))
    await ann.send({"type": "ping"})
    await ann.until_received("pong")

    hall.log.append_grouped = append  # type: ignore[method-assign]

    await bob.until(lambda: len(bob.binary) == MAX_FRAMES)
    await ann.until(lambda: ann.of("credit")[-1]["accepted"] == MAX_FRAMES)
    assert sum(frame.get("dropped", 0) for frame in ann.of("credit")) == 7


def test_no_more_is_granted_than_the_rate_leaves() -> None:
    credit = Credit()

    assert credit.grant(100) == (100, MAX_BYTES)
    assert credit.grant(100) == (0, 0)
    assert [credit.spend(1) for _ in range(101)] == [True] * 100 + [False]
    assert credit.grant(100) == (28, 0)


async def _away(*_: Any) -> list[int]:
    raise LogAway("it is away")
