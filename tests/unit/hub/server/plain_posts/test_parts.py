"""However a request comes cut up, it has one answer, and requests have theirs in order."""

from __future__ import annotations

import random

import pytest

from hub.server.plain_posts import HOLD_S, MAX_HELD_BYTES
from tests.unit.hub.server.plain_posts.conftest import (
    EVENT,
    GET,
    Served,
    by_twisted,
    close,
    request,
    until,
)
from tests.unit.hub.server.plain_posts.requests import ANSWERED, UNUSUAL

CUT = ("an event", "a list", "a wrong key", "no JSON")


@pytest.mark.parametrize("plain", [ANSWERED[name] for name in CUT], ids=CUT)
async def test_fuzz_a_request_cut_anywhere_has_one_answer(served: Served, plain: bytes) -> None:
    expected = await served.answers(by_twisted(plain))

    for place in range(1, len(plain), 1 if plain == ANSWERED["an event"] else 7):
        assert await served.answers(plain[:place], plain[place:]) == expected, place


async def test_fuzz_many_requests_in_any_parts_are_answered_in_their_order(served: Served) -> None:
    chance = random.Random(17)
    for _ in range(300):
        kinds = chance.choices([*ANSWERED.values(), UNUSUAL["a query"], GET], k=chance.randint(1, 5))
        kinds = [kind for kind in kinds if b"large" not in kind and len(kind) < 5_000]
        sent = b"".join(kinds)
        places = sorted(chance.choices(range(len(sent) + 1), k=chance.randint(0, 4)))
        parts = [sent[a:b] for a, b in zip([0, *places], [*places, len(sent)], strict=True) if a < b]
        expected = b"".join(
            [await served.answers(by_twisted(kind) if kind != GET else kind) for kind in kinds]
        )

        assert await served.answers(*parts, number=len(kinds)) == expected, parts


async def test_a_head_and_then_its_body_are_one_plain_request(served: Served) -> None:
    head, _, body = request().partition(b"\r\n\r\n")

    await served.answers(head + b"\r\n\r\n", body[:5], body[5:])

    assert served.plain == 1


async def test_a_body_that_does_not_follow_at_once_is_left_to_twisted(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.server.plain_posts.HOLD_S", 0)
    channel = served.connect()

    channel.dataReceived(request()[:-5])
    await until(lambda: channel.requests)
    channel.dataReceived(request()[-5:])
    await until(lambda: channel.transport.value())

    assert channel.transport.value().startswith(b"HTTP/1.1 201")
    assert served.plain == 0 < HOLD_S
    close(channel)


async def test_of_a_body_that_is_not_small_no_part_is_held(served: Served) -> None:
    channel = served.connect()

    channel.dataReceived(request({**EVENT, "data": "x" * MAX_HELD_BYTES})[:-5])

    assert channel.requests
    close(channel)


async def test_the_same_connection_serves_all_kinds_one_after_the_other(served: Served) -> None:
    channel = served.connect()
    sent = [request(), GET, request(b"{"), by_twisted(request()), request()]

    for number, one in enumerate(sent, start=1):
        channel.dataReceived(one)
        await until(lambda: channel.transport.value().count(b"HTTP/1.1 ") == number)  # noqa: B023
        await until(lambda: not channel.requests)

    answers = channel.transport.value().split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"201", b"200", b"400", b"201", b"201"]
    assert served.plain == 3
    close(channel)
