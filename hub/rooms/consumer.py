"""Rooms by plain ASGI: a Channels consumer, for every server that gives no sockets away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, cast

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch

from hub.delivery.asgi_sender import AsgiSender
from hub.errors import Problem
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.protocol import Close
from hub.rooms.rate_limiter import READ_BYTES
from hub.rooms.sockets.endpoint import Handle, SocketEndpoint
from hub.rooms.sockets.handshake import Handshake
from hub.support import ws_frames
from hub.support.asgi import respond_problem

logger = logging.getLogger(__name__)


class RoomConsumer(AsyncWebsocketConsumer):
    """One connection in a room. The server frames and unframes, sends pings and answers them; everything else
    is as on a socket of our own.

    Made by `as_asgi(rooms=…)`, one for each connection.
    """

    def __init__(self, rooms: SocketEndpoint[Any]) -> None:
        super().__init__()
        self._rooms = rooms
        self._serving: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._connection: FrameConnection | None = None
        self._handle: Handle | None = None  # once entered
        self._early: list[tuple[bytes, bool]] = []  # messages from before
        self._early_bytes = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # As Channels' own, without a channel layer, and with an end from our side.
        self.scope, self.base_send = scope, send
        ended: Any = self._end
        try:
            with suppress(StopConsumer):
                await await_many_dispatch([receive, ended], self.dispatch)
        finally:
            if self._serving is not None:
                self._serving.cancel()
                await asyncio.gather(self._serving, return_exceptions=True)

    async def dispatch(self, message: Any) -> None:
        # Channels' own closes the thread's database connection at each message: none is used here.
        match message["type"]:
            case "websocket.connect":
                await self.connect()
            case "websocket.receive":
                await self.receive(message.get("text"), message.get("bytes"))
            case _:
                raise StopConsumer

    async def connect(self) -> None:
        try:
            handshake = self._rooms.handshake(cast(dict[str, Any], self.scope))
        except Problem as problem:
            await self._reject(problem)
            raise StopConsumer from None
        await self.accept(handshake.subprotocol or None)
        self._serving = asyncio.create_task(self._serve(handshake))
        self._serving.add_done_callback(self._served)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        is_text = text_data is not None
        data = text_data.encode() if text_data is not None else bytes_data or b""
        if self._handle is not None:
            return self._received(self._handle, data, is_text)
        self._early.append((data, is_text))
        self._early_bytes += max(len(data), READ_BYTES)
        if self._early_bytes > self._rooms.options.mailbox_bytes:
            await self._close(Close.TOO_FAST, "Too much was sent before the room was entered: go slower.")
            raise StopConsumer

    async def _serve(self, handshake: Handshake) -> None:
        """From the accepted handshake to the end of the connection."""
        try:
            connection = await self._rooms.admit(handshake)
        except Problem as problem:
            return await self._write(self._rooms.rejection(problem))
        self._connection = connection
        sender: Any = AsgiSender(cast(Any, self.base_send), connection)
        self.base_send = sender
        connection.idle_s = float("inf")  # dead clients are found by the server's own pings
        try:
            self._handle = handle = await self._rooms.bring_in(connection, handshake.after, self._write)
            if handle is not None:
                for message in self._early:
                    self._received(handle, *message)
            self._early.clear()
            while data := await connection.drain():
                await self._write(data)
        finally:
            self._rooms.release(connection)

    def _received(self, handle: Handle, data: bytes, is_text: bool) -> None:
        if self._connection is not None:
            handle(self._connection.receive_message(data, is_text))

    async def _write(self, data: bytes) -> None:
        """Send frames, and wait for a reader that is behind."""
        for opcode, payload in ws_frames.split(data):
            match opcode:
                case ws_frames.TEXT:
                    await self.send(text_data=payload.decode())
                case ws_frames.BINARY:
                    await self.send(bytes_data=payload)
                case ws_frames.CLOSE:
                    await self._close(*ws_frames.parse_close(payload))

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self.close(int(code), reason)
        except OSError:
            return  # the client is gone
        except Exception:  # Daphne sends no code of RFC 6455 but 1000
            await self.close(int(Close.MALFORMED), reason)

    async def _reject(self, problem: Problem) -> None:
        """Refuse the handshake: with the problem, or with 403 alone where the server takes no more."""
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            return await self.close()

        async def send(message: MutableMapping[str, Any]) -> None:
            reply: Any = {**message, "type": f"websocket.{message['type']}"}
            await self.base_send(reply)

        await respond_problem(send, problem)

    def _served(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()) is not None:
            logger.error("a connection to a room failed", exc_info=error)
        self._ended.set()

    async def _end(self) -> Mapping[str, Any]:
        await self._ended.wait()
        return {"type": "websocket.disconnect"}
