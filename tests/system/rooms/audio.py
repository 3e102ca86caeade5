"""A microphone and its listeners in a room: both come back from where they were cut off."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


class _Visitor:
    """A member of the room who enters at one address after the other."""

    def __init__(self, urls: Sequence[str], token: str) -> None:
        self._urls = itertools.cycle(urls)
        self._headers = {"Authorization": f"Bearer {token}"}
        self.socket: ClientConnection | None = None
        self.frames: list[dict[str, Any]] = []
        self.cuts = 0

    async def run(self) -> None:
        while True:
            with contextlib.suppress(OSError, ConnectionClosed, TimeoutError):
                url = next(self._urls) + self.query
                async with connect(
                    url, additional_headers=self._headers, max_queue=None, compression=None, open_timeout=3
                ) as self.socket:
                    await self._entered(self.socket)
                    async for message in self.socket:
                        if isinstance(message, bytes):
                            self._heard(message)
                        else:
                            self.frames.append(json.loads(message))
                            await self._told(self.frames[-1])
            self.cuts += 1
            await asyncio.sleep(0.05)

    @property
    def query(self) -> str:
        return ""

    def count(self, type: str) -> int:
        return sum(frame["type"] == type for frame in self.frames)

    async def send(self, frame: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps(frame))

    async def _entered(self, socket: ClientConnection) -> None:
        pass

    async def _told(self, frame: dict[str, Any]) -> None:
        pass

    def _heard(self, frame: bytes) -> None:
        pass


class Speaker(_Visitor):
    """Sends frames within its credit, each once."""

    def __init__(self, urls: Sequence[str], token: str, sound: Sequence[bytes]) -> None:
        super().__init__(urls, token)
        self.sound = sound
        self.accepted = 0
        self._next = 0
        self._credit = 0
        self._answered = False

    async def _entered(self, socket: ClientConnection) -> None:
        self._credit, self._answered = 0, False
        await self.send({"type": "stream", "id": "mic", "acknowledged": self.accepted})

    async def _told(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "stream":
                self.accepted = self._next = frame["accepted"]
                self._answered = True
            case "credit":
                self.accepted = max(self.accepted, frame["accepted"])
                self._credit += frame["frames"]
        while self._answered and self._credit and self._next < len(self.sound) and self.socket is not None:
            self._credit -= 1
            self._next += 1
            await self.socket.send(self.sound[self._next - 1])


class Listener(_Visitor):
    """Keeps what it heard. Frames count once their position has come."""

    def __init__(self, urls: Sequence[str], token: str) -> None:
        super().__init__(urls, token)
        self.sound: list[bytes] = []
        self.position = ""
        self._since: list[bytes] = []

    def has_heard(self, frames: int) -> bool:
        return len(self.sound) >= frames

    @property
    def query(self) -> str:
        return f"?after={self.position}" if self.position else ""

    async def _entered(self, socket: ClientConnection) -> None:
        self._since.clear()

    async def _told(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "position":
            self.sound += self._since
            self._since.clear()
        if frame["type"] in ("position", "said") or (frame["type"] == "welcome" and not self.position):
            self.position = frame["position"]

    def _heard(self, frame: bytes) -> None:
        self._since.append(frame)
