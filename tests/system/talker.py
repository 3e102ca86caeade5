"""A person in a room who never gives up: sends messages, keeps unacknowledged ones, and reconnects."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

PACE_S = 0.1  # between two messages: under the rate limit
STOP = range(4400, 4500)


@dataclass
class Talker:
    """A WebSocket client of a room that resends until each message is acknowledged."""

    url: str  # of the room, without a query
    token: str
    name: str
    token_id: str  # who the token is for
    messages: list[Any] = field(default_factory=list)  # still to be sent
    received: list[tuple[int, str, str]] = field(default_factory=list)  # position, sender, id
    doubled: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    position: int = 0
    _unacknowledged: dict[str, Any] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _number: int = 0
    # An id is not published twice within a day.
    _begun: int = field(default_factory=time.monotonic_ns)

    @property
    def done(self) -> bool:
        return not self.messages and not self._unacknowledged

    async def run(self) -> None:
        """Until cancelled, or told to stop."""
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, TimeoutError):
                await self._stay()
            if self.codes and self.codes[-1] in STOP:
                raise AssertionError(f"{self.name} was stopped with {self.codes[-1]}")
            await asyncio.sleep(random.uniform(0, 0.5))

    async def drop(self) -> None:
        """Lose the connection, without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _stay(self) -> None:
        query = f"?after={self.position}" if self.position else ""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with connect(
            self.url + query, additional_headers=headers, compression=None, max_queue=None
        ) as socket:
            self._socket = socket
            live = asyncio.Event()
            sending = asyncio.create_task(self._send_all(socket, live))
            try:
                async for message in socket:
                    self._receive(json.loads(message), live)
            except ConnectionClosed:
                pass
            finally:
                sending.cancel()
                self.codes.append(socket.close_code or 0)

    def _receive(self, frame: dict[str, Any], live: asyncio.Event) -> None:
        if frame["type"] == "welcome":
            self.position = self.position or int(frame["position"])
        elif frame["type"] == "live":
            live.set()
        elif frame["type"] == "said":
            position, sender = int(frame["position"]), frame["from"]["id"]
            if sender == self.token_id:
                self._unacknowledged.pop(frame["id"], None)
            if position > self.position:
                self.position = position
                self.received.append((position, sender, frame["id"]))
            elif sender != self.token_id:
                self.doubled.append(position)
        elif frame["type"] == "error":
            self.refused.append(frame)

    async def _send_all(self, socket: ClientConnection, live: asyncio.Event) -> None:
        await live.wait()
        for id, body in list(self._unacknowledged.items()):
            await self._send(socket, id, body)
        while True:
            if self.messages:
                self._number += 1
                id = f"{self.name}-{self._begun}-{self._number}"
                self._unacknowledged[id] = self.messages.pop(0)
                await self._send(socket, id, self._unacknowledged[id])
            await asyncio.sleep(PACE_S)

    async def _send(self, socket: ClientConnection, id: str, body: Any) -> None:
        await socket.send(json.dumps({"type": "say", "id": id, "body": body}))
        await asyncio.sleep(PACE_S / 2)


class Resident(Talker):
    """Learns in the room who it is."""

    def _receive(self, frame: dict[str, Any], live: asyncio.Event) -> None:
        if frame["type"] == "welcome":
            self.token_id = frame["you"]["id"]
        super()._receive(frame, live)


async def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None
