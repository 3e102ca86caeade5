"""The body of a request that is read while it arrives; Daphne itself hands over whole bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

MAX_BUFFERED_BYTES = 16 * 1024  # beyond it no more is read from the connection

Message = dict[str, Any]


class StreamedBody:
    """What has arrived of a body and was not received yet.

    `receive` is the application's, the rest is called while the connection is read. ``begin`` is called
    before the first byte is waited for, ``pause`` and ``resume`` where there is enough, and no longer.
    """

    def __init__(
        self, *, begin: Callable[[], None], pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        self.complete = False  # all of it has arrived
        self._begin: Callable[[], None] | None = begin
        self._pause = pause
        self._resume = resume
        self._chunks: list[bytes] = []
        self._bytes = 0
        self._paused = False
        self._received = False  # its end
        self._cut = False
        self._changed = asyncio.Event()

    async def receive(self) -> Message:
        """The next part of the body, or that the client has gone (ASGI's ``http.disconnect``)."""
        if self._begin is not None:
            begin, self._begin = self._begin, None
            begin()
        while not (self._waits or self._cut):
            self._changed.clear()
            await self._changed.wait()
        if not self._waits:
            return {"type": "http.disconnect"}
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._bytes = 0
        self._received = self.complete
        if self._paused:
            self._paused = False
            self._resume()
        return {"type": "http.request", "body": data, "more_body": not self._received}

    def add(self, data: bytes) -> None:
        """More of it has arrived."""
        self._chunks.append(data)
        self._bytes += len(data)
        self._changed.set()
        if self._bytes > MAX_BUFFERED_BYTES and not self._paused:
            self._paused = True
            self._pause()

    def end(self) -> None:
        """All of it has arrived."""
        self.complete = True
        self._changed.set()

    def cut(self) -> None:
        """No more of it will arrive, and no answer reaches the client."""
        self._cut = True
        self._changed.set()

    def put_nowait(self, message: Message) -> None:
        """Called by Daphne: with a body, empty as only the head has come, and when the client has gone."""
        if message["type"] == "http.disconnect":
            self.cut()

    @property
    def _waits(self) -> bool:
        return bool(self._chunks) or (self.complete and not self._received)
