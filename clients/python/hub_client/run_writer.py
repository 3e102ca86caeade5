"""What the producer of a run has yet to append, without I/O: the calls that both clients make for it."""

from __future__ import annotations

import json
import threading
from typing import Any

from hub_client.errors import HubError, RunStopped
from hub_client.publishing import MAX_EVENTS, call, once
from hub_client.steps import CallSteps, Request

GATHER_S = 0.02  # events of this time are appended together
STOP_WAIT_S = 5  # that the hub holds a call which asks for a stop
MAX_PENDING_EVENTS = 10_000  # while the hub is away; beyond it the producer waits
MAX_CALL_CHARACTERS = 256 * 1024  # of JSON


class RunWriter:
    """Appends the events of one run in their order, each once. `write` is driven by one task or thread, `put`
    called by any."""

    def __init__(self, run: str, lease_s: int, deadline_s: float) -> None:
        self.stopped = False
        self.failure: HubError | None = None  # of a call; nothing is appended after it
        self.renew_s = lease_s / 3
        self._path = f"/api/v1/runs/{run}"
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._pending: list[tuple[dict[str, Any], int]] = []  # events, and their size

    def put(self, type: str, data: Any) -> None:
        """Have an event appended soon. Raises `RunStopped`, or what the hub refused."""
        event = {"type": type, "data": data}
        size = len(json.dumps(event))
        with self._lock:
            self.check()
            self._pending.append((event, size))

    def check(self) -> None:
        """Raise what `put` would."""
        if self.failure is not None:
            raise self.failure
        if self.stopped:
            raise RunStopped("The run has ended: stop producing.")

    @property
    def waits(self) -> bool:
        """Whether anything is to be appended."""
        return bool(self._pending) and self.failure is None and not self.stopped

    @property
    def full(self) -> bool:
        return len(self._pending) >= MAX_PENDING_EVENTS

    def write(self) -> CallSteps:
        """Append a batch of what waits; nothing renews the lease. Raises nothing."""
        body = {"events": self._batch()}
        yield from self._asking(once(f"{self._path}/events", body))

    def watch(self) -> CallSteps:
        """Wait a while for a stop. Raises nothing."""
        yield from self._asking(Request("GET", f"{self._path}/stop?wait={STOP_WAIT_S}"))

    def end(self, error: BaseException | None, outcome: Any) -> CallSteps:
        """End the run, unless it has ended. An exception's text may hold what readers must not see."""
        if error is None:
            request = Request("POST", f"{self._path}/done", {"outcome": outcome})
        else:
            request = Request("POST", f"{self._path}/error", {"detail": type(error).__name__})
        return call(request, self._deadline_s, lambda found: str(found["state"]))

    def _asking(self, request: Request) -> CallSteps:
        try:
            stop = yield from call(request, self._deadline_s, lambda found: bool(found["stop"]))
        except HubError as error:
            self.failure = error
        else:
            self.stopped = self.stopped or stop

    def _batch(self) -> list[dict[str, Any]]:
        with self._lock:
            number, size = 0, 0
            for _, one in self._pending[:MAX_EVENTS]:
                size += one
                if number and size > MAX_CALL_CHARACTERS:
                    break
                number += 1
            batch, self._pending = self._pending[:number], self._pending[number:]
        return [event for event, _ in batch]
