"""Who is let into a room, and how those are told who are not, or no longer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hub.delivery import asgi_sender, revocation
from hub.log import LogAway
from tests.unit.hub.rooms.conftest import Hall, socket_only

ORIGINS = {
    "another site": "https://evil.example.com",
    "no origin at all": "null",
    "a look-alike": "http://127.0.0.1.evil.example.com",
    "another port": "http://127.0.0.1:1",
    "another scheme": "https://127.0.0.1",
    "an allowed one's other port": "https://app.example.com:8443",
    "an allowed one, unsafe": "http://app.example.com",
}


SHAKE = (
    b"GET /rooms/chat-1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ann\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
async def test_a_foreign_origin_is_refused_at_the_handshake(hall: Hall, origin: str) -> None:
    if origin == "https://127.0.0.1":
        origin = f"https://127.0.0.1:{hall.port}"

    with pytest.raises(InvalidStatus) as refused:
        await hall.visit(Origin=origin)

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "http://127.0.0.1:x"])
async def test_a_malformed_origin_is_refused_at_the_handshake(hall: Hall, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await hall.visit(Origin=origin)

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("error", [RuntimeError, TimeoutError, LogAway])
async def test_whatever_fails_while_someone_is_let_in_says_come_back(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def fail(*_: object) -> Any:
        raise error("password=hunter2")

    monkeypatch.setattr(hall, "enter", fail)

    visitor = await hall.visit()

    assert visitor.code == 4002
    assert "hunter2" not in visitor.reason


async def test_where_all_is_over_tls_no_room_is_entered_in_clear(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"tls": True})

    with pytest.raises(InvalidStatus) as refused:
        await hall.visit()

    assert refused.value.response.status_code == 403


async def test_no_compression_is_ever_agreed_on(hall: Hall) -> None:
    offered = await connect(
        f"ws://127.0.0.1:{hall.port}/rooms/chat-1/",
        additional_headers={"Authorization": "Bearer ann"},
        compression="deflate",
    )

    assert offered.response is not None
    assert "Sec-WebSocket-Extensions" not in offered.response.headers
    await offered.close()


async def test_the_hubs_own_origin_and_an_allowed_one_enter(hall: Hall) -> None:
    own = await hall.visit(Origin=f"http://127.0.0.1:{hall.port}")
    allowed = await hall.visit(Origin="https://app.example.com")

    assert own.types == allowed.types == ["welcome", "live"]


@pytest.mark.parametrize(
    ("name", "who", "query", "code"),
    [
        ("chat-1", "", "", 4401),
        ("secret", "ann", "", 4403),
        ("nowhere", "ann", "", 4404),
        ("chat-1", "ann", "?after=yesterday", 4400),
        ("chat-1", "ann", "?token=abc", 4400),
    ],
)
async def test_a_refusal_is_sent_on_the_open_socket(
    hall: Hall, name: str, who: str, query: str, code: int
) -> None:
    visitor = await hall.visit(name, who, query)

    assert await visitor.until_closed() == code
    assert visitor.reason
    assert visitor.frames == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '{"type":"shout"}', '{"type":"say"}', '{"type":"ping","x":1}', "[" * 20_000],
)
async def test_a_malformed_frame_closes_with_4400(hall: Hall, text: str) -> None:
    ann = await hall.visit()

    await ann.socket.send(text)

    assert await ann.until_closed() == 4400


async def test_invalid_utf_8_closes_with_4400_or_as_the_server_has_it(hall: Hall) -> None:
    ann = await hall.visit()

    await ann.socket.send(b"\xff\xfe", text=True)

    assert await ann.until_closed() == (4400 if hall.transport == "socket" else 1007)


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10 * 1024 * 1024])
async def test_a_frame_over_64_kib_closes_with_1009(hall: Hall, size: int) -> None:
    ann = await hall.visit()

    with suppress(ConnectionClosed):
        await ann.socket.send("x" * size)

    assert await ann.until_closed() == 1009


async def test_binary_in_a_room_of_text_closes_with_4400(hall: Hall) -> None:
    ann = await hall.visit()

    await ann.socket.send(b"bytes")

    assert await ann.until_closed() == 4400


async def test_who_speaks_too_fast_is_closed_with_4429(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(rates={"messages_per_s": 5})
    ann = await hall.visit()

    for number in range(30):
        await ann.say("quick", id=f"c{number}")

    assert await ann.until_closed() == 4429


async def test_too_many_signals_are_dropped_and_no_one_is_closed(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(rates={"signals_per_s": 5})
    ann = await hall.visit()
    bob = await hall.visit(who="bob")

    for number in range(100):
        await ann.signal("typing", number)
    await ann.send({"type": "ping"})

    await ann.until_received("pong")
    await bob.until_received("signal")


@socket_only
async def test_who_is_silent_for_three_heartbeats_is_closed_with_4408(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.1})
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(SHAKE)

    async with asyncio.timeout(10):
        received = await reader.read(-1)
    writer.close()

    assert b"\x88" in received
    assert (4408).to_bytes(2, "big") in received


async def test_a_user_who_answers_pings_stays(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.1})
    ann = await hall.visit()
    until = time.monotonic() + 1

    await ann.until(lambda: time.monotonic() > until)

    await ann.send({"type": "ping"})
    await ann.until_received("pong")


@pytest.mark.parametrize(("may_return", "code"), [(False, 4401), (True, 4003)])
async def test_a_lost_right_closes_and_leaves_the_others(hall: Hall, may_return: bool, code: int) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")
    hall.gone = {"ann": may_return}

    hall.log.append([revocation.recheck("ann")])

    assert await ann.until_closed() == code
    await bob.until(lambda: hall.rooms.closes == {"revoked": 1})
    await bob.send({"type": "ping"})
    await bob.until_received("pong")


async def test_a_token_that_expires_closes_with_4004(make_hall: Callable[..., Any]) -> None:
    hall = await make_hall(limits={"heartbeat_s": 0.2})

    ann = await hall.visit(who=f"ann@{time.time() + 1}")

    assert await ann.until_closed() == 4004


async def test_an_instance_that_leaves_sends_everyone_elsewhere(hall: Hall) -> None:
    ann, bob = await hall.visit(), await hall.visit(who="bob")

    await hall.rooms.drain(0.2)

    assert [await ann.until_closed(), await bob.until_closed()] == [4000, 4000]
    late = await hall.visit()
    assert await late.until_closed() == 4000


async def test_while_the_log_is_away_a_message_is_given_back(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await hall.visit()

    async def away(*_: object) -> None:
        raise LogAway("gone")

    monkeypatch.setattr(hall.log, "append_if", away)
    await ann.say("into the void", id="c9")

    await ann.until_received("error")
    assert ann.of("error")[0] | {"detail": ""} == {
        "type": "error",
        "id": "c9",
        "reason": "away",
        "detail": "",
    }


async def test_a_member_who_does_not_read_is_closed_and_others_are_not_held_up(
    make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi_sender, "SEND_S", 1.0)
    hall = await make_hall(rates={"messages_per_s": 10_000}, messages_per_day=1_000_000)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # soon full
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", hall.port))
    _, writer = await asyncio.open_connection(sock=small, limit=1)  # reads what is asked for
    writer.write(SHAKE.replace(b"ann", b"slow"))
    ann = await hall.visit()
    number = 0

    async with asyncio.timeout(60):
        while not hall.rooms.closes["slow"]:
            for _ in range(10):
                number += 1
                await ann.say("x" * 4000, id=f"c{number}")
            await ann.until_received("said", number)

    writer.close()
    assert [frame["id"] for frame in ann.of("said")] == [f"c{n + 1}" for n in range(number)]
