"""A page of another site enters a room without a cookie: by a ticket, or by a token in a subprotocol."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.unit.hub.rooms.conftest import DEADLINE_S, Hall

ALLOWED, FOREIGN = Origin("https://app.example.com"), Origin("https://evil.example.com")


async def enter(
    hall: Hall, *offered: str, query: str = "", origin: Origin = ALLOWED, **headers: str
) -> tuple[str | None, str | int]:
    """The subprotocol that was agreed on, and the first frame or the close code."""
    async with connect(
        f"ws://127.0.0.1:{hall.port}/rooms/chat-1/{query}",
        origin=origin,
        subprotocols=[Subprotocol(name) for name in offered] or None,
        additional_headers=headers,
        compression=None,
        open_timeout=DEADLINE_S,
    ) as socket:
        try:
            return socket.subprotocol, str(await socket.recv())
        except ConnectionClosed as closed:
            return socket.subprotocol, closed.rcvd.code if closed.rcvd else 0


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (["hub.v1", "bearer.ann"], "hub.v1"),
        (["bearer.ann", "hub.v1"], "hub.v1"),
        (["chat", "hub.v1", "bearer.ann"], "hub.v1"),
        (["bearer", "ann"], "bearer"),
        (["hub.v1", "bearer", "ann"], "hub.v1"),
    ],
)
async def test_a_token_in_a_subprotocol_opens_a_room_and_is_not_answered(
    hall: Hall, offered: list[str], agreed: str
) -> None:
    subprotocol, first = await enter(hall, *offered)

    assert subprotocol == agreed
    assert '"you":{"id":"ann"' in str(first)


@pytest.mark.parametrize(
    ("offered", "code"),
    [
        (["bearer.ann"], 4400),  # a browser would end a connection that agrees on nothing
        (["hub.v1", "bearer.ann", "bearer.bob"], 4400),
        (["hub.v1", "bearer."], 4401),
        (["bearer"], 4401),
        (["hub.v1"], 4401),
        (["chat"], 4401),
    ],
)
async def test_an_offer_without_a_token_that_can_be_used_is_refused_on_the_open_socket(
    hall: Hall, offered: list[str], code: int
) -> None:
    _, refused = await enter(hall, *offered)

    assert refused == code


async def test_the_header_goes_before_the_subprotocol(hall: Hall) -> None:
    _, first = await enter(hall, "hub.v1", "bearer.bob", Authorization="Bearer ann")

    assert '"you":{"id":"ann"' in str(first)


async def test_a_token_in_a_subprotocol_goes_before_a_ticket_which_is_kept(hall: Hall) -> None:
    hall.tickets["once"] = "bob"

    _, first = await enter(hall, "hub.v1", "bearer.ann", query="?ticket=once")

    assert '"you":{"id":"ann"' in str(first)
    assert hall.tickets == {"once": "bob"}


async def test_a_ticket_opens_a_room_once(hall: Hall) -> None:
    hall.tickets["once"] = "ann"

    first = await enter(hall, query="?ticket=once")
    second = await enter(hall, "hub.v1", query="?ticket=once")

    assert '"you":{"id":"ann"' in str(first[1])
    assert second == ("hub.v1", 4401)


async def test_two_tickets_are_refused_and_kept(hall: Hall) -> None:
    hall.tickets["once"] = "ann"

    assert await enter(hall, query="?ticket=once&ticket=once") == (None, 4400)
    assert hall.tickets == {"once": "ann"}


@pytest.mark.parametrize(("offered", "query"), [(["hub.v1", "bearer.ann"], ""), ([], "?ticket=once")])
async def test_from_an_origin_that_is_not_allowed_neither_enters(
    hall: Hall, offered: list[str], query: str
) -> None:
    hall.tickets["once"] = "ann"

    with pytest.raises(InvalidStatus) as refused:
        await enter(hall, *offered, query=query, origin=FOREIGN)

    assert refused.value.response.status_code == 403
    assert hall.tickets == {"once": "ann"}
