"""The readers: `load.c`, told what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.helper import Helper, HelperError

IN_FLIGHT = 40  # handshakes at a time: the plain stack's queue of 50 must not overflow
SLOWEST_S = 0.02  # a connect may take


@dataclass(frozen=True)
class Said:
    live: int
    refused: int
    lost: int
    events: int
    bytes: int
    last_ns: int  # when the last event came, on the clock of time.monotonic_ns
    seconds: float
    cpu_s: float
    problem: str


class Load(Helper):
    def __init__(
        self,
        program: str,
        folder: Path,
        ports: Sequence[int],
        heads: Sequence[str],
        live_mark: str,
        event_mark: str,
    ) -> None:
        file = folder / "heads"
        file.write_text("".join(f"{head}\n\r\n" for head in heads), newline="")
        super().__init__([program, ",".join(map(str, ports)), str(file), live_mark, event_mark])
        self.events = 0
        self.bytes = 0  # of all that came

    def open(self, readers: int, *, in_flight: int = IN_FLIGHT, after: int | None = None) -> Said:
        timeout_s = 20 + readers * SLOWEST_S
        said = self._say(f"open {readers} {in_flight} {timeout_s} {after or ''}")
        if said.live != readers:
            raise HelperError(f"{said.live} of {readers} readers are live: {said.problem or 'too slow'}")
        return said

    def wait(self, events: int, timeout_s: float = 90) -> Said:
        """Until so many more events came."""
        wanted = self.events + events
        said = self._say(f"wait {wanted} {timeout_s}")
        if said.events != wanted or said.lost:
            problem = said.problem or "too slow"
            raise HelperError(f"{said.events - self.events} of {events} events came: {problem}")
        self.events = wanted
        return said

    def at_least(self, events: int, timeout_s: float) -> int:
        """Until at least so many more came; give how many did. Nobody may be lost meanwhile."""
        said = self._say(f"wait {self.events + events} {timeout_s}")
        came, self.events = said.events - self.events, said.events
        if came < events or said.lost:
            raise HelperError(f"{came} of {events} came, {said.lost} readers were lost: {said.problem}")
        return came

    def rest(self, seconds: float) -> None:
        """Hear what else there is, for so long; no event is under way."""
        if self._say(f"wait {self.events + 1} {seconds}").events != self.events:
            raise HelperError("an event came that nobody waited for")

    def point(self, readers: int, per_s: float) -> None:
        """So many of them move a cursor so often, whenever we wait or rest."""
        self._say(f"point {readers} {per_s}")

    def close(self) -> None:
        self._say("close")

    def _say(self, line: str) -> Said:
        said = Said(**self.ask(line))
        self.bytes = said.bytes
        return said
