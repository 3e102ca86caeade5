"""`run()` and `arun()`: a run that is produced in a project's own code, in a view, a task or a command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any
from uuid import UUID

from notifications.access import users
from notifications.models import Run
from notifications.runs import lifecycle
from notifications.runs.production import TOKEN
from notifications.runs.shared import production
from notifications.runs.writer import GATHER_S, RunStopped, RunWriter
from notifications.sending import addresses
from notifications.user_model import User

END_S = 10.0  # that the end of a block waits for a log that is away
NOT_BEGUN = "The run is not begun: use it as `with run(…) as run:`."


class UnknownOwner(ValueError):
    """No active user has this name."""


class _Producer:
    """What both have: the run, once it is begun, and how it ends."""

    def __init__(self, owner: str | User, title: str, share: Sequence[str], lease_s: int) -> None:
        self._owner = owner
        self._title = title
        self._share = share
        self._lease_s = lease_s
        self._row: Run | None = None
        self._writer: RunWriter | None = None
        self.outcome: Any = None  # of the run, if it ends normally: any JSON

    @property
    def id(self) -> UUID:
        return self._run.pk

    @property
    def topic(self) -> str:
        return self._run.topic

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop; also raised as `RunStopped` by the next event."""
        return self._writer is not None and self._writer.stopped

    @property
    def _run(self) -> Run:
        if self._row is None:
            raise RuntimeError(NOT_BEGUN)
        return self._row

    def _begun(self) -> RunWriter:
        if self._writer is None:
            raise RuntimeError(NOT_BEGUN)
        return self._writer

    def _begin(self) -> RunWriter:
        owner = users.active(self._owner) if isinstance(self._owner, str) else self._owner
        if owner is None:
            raise UnknownOwner(f"No user {self._owner!r}.")
        share = addresses.resolve(self._share) if self._share else []
        self._row = lifecycle.begin(owner, title=self._title, share=share, lease_s=self._lease_s)
        self._writer = RunWriter(production, self._row.pk)
        return self._writer

    def _end(self, error: BaseException | None) -> None:
        production.store()
        if error is None:
            lifecycle.end(self._run, Run.State.DONE, outcome=self.outcome)
        elif not isinstance(error, RunStopped):
            # The text may hold what readers must not see.
            lifecycle.end(self._run, Run.State.FAILED, detail=type(error).__name__)


class RunProducer(_Producer):
    """A run, produced while it is entered by ``with``. An exception that leaves fails it, and goes on;
    `RunStopped` ends the block quietly."""

    def __enter__(self) -> RunProducer:
        writer = self._begin()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, args=(writer,), name="run", daemon=True)
        self._thread.start()
        return self

    def phase(self, name: str, **more: Any) -> None:
        self.event("phase", {"name": name, **more})

    def token(self, text: str) -> None:
        self.event(TOKEN, {"text": text})

    def tool(self, name: str, **more: Any) -> None:
        self.event("tool", {"name": name, **more})

    def artifact(self, data: Any) -> None:
        self.event("artifact", data)

    def event(self, type: str, data: Any) -> None:
        """Append an event soon. Raises `RunStopped`, and `hub.errors.Problem` for one that was refused."""
        writer = self._begun()
        while writer.full and not self._over.wait(GATHER_S):
            writer.check()
        writer.put(type, data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        self._over.set()
        self._thread.join(END_S)
        self._end(error)
        return isinstance(error, RunStopped)

    def _write(self, writer: RunWriter) -> None:
        while not (self._over.wait(writer.pause_s) and writer.write()):
            writer.write()


class AsyncRunProducer(_Producer):
    """The same by ``async with``, with methods to be awaited."""

    async def __aenter__(self) -> AsyncRunProducer:
        writer = await asyncio.to_thread(self._begin)
        self._wake = asyncio.Event()
        self._ended = False
        self._stopping = asyncio.Event()
        self._task = asyncio.create_task(self._write(writer))
        return self

    async def phase(self, name: str, **more: Any) -> None:
        await self.event("phase", {"name": name, **more})

    async def token(self, text: str) -> None:
        await self.event(TOKEN, {"text": text})

    async def tool(self, name: str, **more: Any) -> None:
        await self.event("tool", {"name": name, **more})

    async def artifact(self, data: Any) -> None:
        await self.event("artifact", data)

    async def event(self, type: str, data: Any) -> None:
        """Append an event soon. Raises `RunStopped`, and `hub.errors.Problem` for one that was refused."""
        writer = self._begun()
        while writer.full:
            writer.check()
            await asyncio.sleep(GATHER_S)
        writer.put(type, data)
        self._wake.set()

    async def until_stopped(self) -> None:
        """Return once the run is to stop: to be waited for beside a model that is silent."""
        await self._stopping.wait()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        self._ended = True
        self._wake.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._task, END_S)
        await asyncio.to_thread(self._end, error)
        return isinstance(error, RunStopped)

    async def _write(self, writer: RunWriter) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(writer.pause_s):
                    await self._wake.wait()
            self._wake.clear()
            if not self._ended:
                await asyncio.sleep(GATHER_S if writer.waits else 0)
            done = await asyncio.to_thread(writer.write)
            if writer.stopped:
                self._stopping.set()
            if self._ended and done:
                return


def run(
    owner: str | User, *, title: str = "", share: Sequence[str] = (), lease_s: int = lifecycle.DEFAULT_LEASE_S
) -> RunProducer:
    """A run of a user (or their name), to be entered by ``with``; ``share`` are addresses of those who may
    read it, too."""
    return RunProducer(owner, title, share, lease_s)


def arun(
    owner: str | User, *, title: str = "", share: Sequence[str] = (), lease_s: int = lifecycle.DEFAULT_LEASE_S
) -> AsyncRunProducer:
    """`run` for async code: ``async with``."""
    return AsyncRunProducer(owner, title, share, lease_s)
