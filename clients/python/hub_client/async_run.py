"""A run that is produced for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from hub_client.errors import RunStopped
from hub_client.run_writer import GATHER_S, RunWriter
from hub_client.steps import CallSteps


class AsyncRun:
    """A run, produced while it is entered by ``async with``. An exception that leaves fails it, and goes on;
    `RunStopped` ends the block quietly. Made by `AsyncHub.run`."""

    def __init__(
        self, call: Callable[[CallSteps], Awaitable[Any]], begin: CallSteps, lease_s: int, deadline_s: float
    ) -> None:
        self._call = call
        self._begin = begin
        self._limits = lease_s, deadline_s
        self.id = ""  # once it is begun
        self.outcome: Any = None  # of the run, if it ends normally: any JSON

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop; also raised as `RunStopped` by the next event."""
        return self._writer.stopped

    async def __aenter__(self) -> Self:
        self.id = (await self._call(self._begin)).id
        self._writer = RunWriter(self.id, *self._limits)
        self._ended = False
        self._writing = asyncio.create_task(self._write())
        self._watching = asyncio.create_task(self._watch())
        return self

    async def phase(self, name: str, **more: Any) -> None:
        await self.event("phase", {"name": name, **more})

    async def token(self, text: str) -> None:
        await self.event("token", {"text": text})

    async def tool(self, name: str, **more: Any) -> None:
        await self.event("tool", {"name": name, **more})

    async def artifact(self, data: Any) -> None:
        await self.event("artifact", data)

    async def event(self, type: str, data: Any) -> None:
        """Append an event soon. Raises `RunStopped`, and what the hub refused of earlier ones."""
        while self._writer.full:
            self._writer.check()
            await asyncio.sleep(GATHER_S)
        self._writer.put(type, data)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._ended = True
        await self._writing
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        failure = error or self._writer.failure
        if not isinstance(failure, RunStopped) and not self._writer.stopped:
            await self._call(self._writer.end(failure, self.outcome))
        if error is None and failure is not None:
            raise failure
        return isinstance(error, RunStopped)

    async def _write(self) -> None:
        called_at = time.monotonic()
        while self._writer.waits or not self._ended:
            await asyncio.sleep(0 if self._ended else GATHER_S)
            due = time.monotonic() - called_at > self._writer.renew_s
            if self._writer.waits or (due and self._writer.failure is None):
                await self._call(self._writer.write())
                called_at = time.monotonic()

    async def _watch(self) -> None:
        while not (self._writer.stopped or self._writer.failure):
            await self._call(self._writer.watch())
