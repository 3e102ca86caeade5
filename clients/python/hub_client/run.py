"""A run that is produced by code that blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from hub_client.errors import RunStopped
from hub_client.run_writer import GATHER_S, STOP_WAIT_S, RunWriter
from hub_client.steps import CallSteps


class Run:
    """A run, produced while it is entered by ``with``. An exception that leaves fails it, and goes on;
    `RunStopped` ends the block quietly. Made by `Hub.run`."""

    def __init__(
        self, call: Callable[[CallSteps], Any], begin: CallSteps, lease_s: int, deadline_s: float
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

    def __enter__(self) -> Self:
        self.id = self._call(self._begin).id
        self._writer = RunWriter(self.id, *self._limits)
        self._ended = False
        self._writing = self._thread(self._write)
        self._watching = self._thread(self._watch)
        return self

    def phase(self, name: str, **more: Any) -> None:
        self.event("phase", {"name": name, **more})

    def token(self, text: str) -> None:
        self.event("token", {"text": text})

    def tool(self, name: str, **more: Any) -> None:
        self.event("tool", {"name": name, **more})

    def artifact(self, data: Any) -> None:
        self.event("artifact", data)

    def event(self, type: str, data: Any) -> None:
        """Append an event soon. Raises `RunStopped`, and what the hub refused of earlier ones."""
        while self._writer.full:
            self._writer.check()
            time.sleep(GATHER_S)
        self._writer.put(type, data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._ended = True
        self._writing.join()
        failure = error or self._writer.failure
        if not isinstance(failure, RunStopped) and not self._writer.stopped:
            self._call(self._writer.end(failure, self.outcome))
        self._watching.join(STOP_WAIT_S)
        if error is None and failure is not None:
            raise failure
        return isinstance(error, RunStopped)

    def _write(self) -> None:
        called_at = time.monotonic()
        while self._writer.waits or not self._ended:
            time.sleep(0 if self._ended else GATHER_S)
            due = time.monotonic() - called_at > self._writer.renew_s
            if self._writer.waits or (due and self._writer.failure is None):
                self._call(self._writer.write())
                called_at = time.monotonic()

    def _watch(self) -> None:
        while not (self._ended or self._writer.stopped or self._writer.failure):
            self._call(self._writer.watch())

    def _thread(self, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name="hub-run", daemon=True)
        thread.start()
        return thread
