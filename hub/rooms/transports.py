"""How a room's connection travels: on a socket of our own under `manage.py serve`, else by plain ASGI."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hub.delivery.sockets import ClientSocket
from hub.errors import Problem
from hub.rooms.consumer import RoomConsumer
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.sockets.endpoint import Handle, SocketEndpoint
from hub.rooms.sockets.handshake import Handshake
from hub.support.asgi import ASGIApplication, Receive, Scope, Send, respond_problem

Adopt = Callable[[int, Callable[[], None]], ClientSocket | None]


def application(rooms: SocketEndpoint[Any]) -> ASGIApplication:
    """The ASGI application of all rooms, or of all documents. A handshake comes as ``websocket``, or, from a
    server that gives its sockets away (``hub.adopt``), as ``http``."""
    consumer: Any = RoomConsumer.as_asgi(rooms=rooms)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await consumer(scope, receive, send)
            return
        try:
            adopt: Adopt | None = scope.get("extensions", {}).get("hub.adopt")
            if adopt is None:
                raise Problem(501, "This server does not speak WebSocket: use one that does.")
            handshake = rooms.handshake(scope)
        except Problem as problem:
            return await respond_problem(send, problem)
        await _on_socket(rooms, handshake, adopt)

    return serve


async def _on_socket(rooms: SocketEndpoint[Any], handshake: Handshake, adopt: Adopt) -> None:
    """Daphne has read the request; the socket is ours now, and once it is live no coroutine stays."""
    try:
        connection = await rooms.admit(handshake)
    except Problem as problem:
        if (socket := adopt(rooms.options.mailbox_bytes, _nothing)) is not None:
            socket.write(handshake.answer)
            socket.close(rooms.rejection(problem))
        return
    socket = adopt(rooms.options.mailbox_bytes, partial(rooms.release, connection))
    if socket is None:
        return rooms.release(connection)
    socket.write(handshake.answer)
    connection.attach(socket)
    handle = await rooms.bring_in(connection, handshake.after, connection.write)
    if handle is not None:
        socket.receive(partial(_receive, handle, connection))


def _receive(handle: Handle, connection: FrameConnection, data: bytes) -> None:
    handle(connection.receive(data))


def _nothing() -> None:
    pass
