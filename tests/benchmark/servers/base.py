"""What is measured: it has the first core, its readers and publishers the second."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, Self

from tests.benchmark.parts import Parts
from tests.benchmark.programs import Programs

EVENT_BYTES = 200  # of SSE, without the chunk's frame

# What readers show: a token for one live topic, a token for their own topics as well, a session for all.
Shown = Literal["token", "own", "session"]


@dataclass(frozen=True)
class Bench:
    """What servers are made of."""

    folder: Path
    parts: Parts
    programs: Programs


class Server(ABC):
    live_mark: ClassVar[str] = "event: stream-live"
    event_mark: ClassVar[str] = "event: tick\n"
    # So that a block of the slowest takes seconds, and of the fastest enough of one.
    block_deliveries: ClassVar[int] = 100_000

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    @property
    @abstractmethod
    def ports(self) -> list[int]: ...

    @property
    @abstractmethod
    def pids(self) -> list[int]: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        """A request for each reader, topic by turns; lines end in CR LF but for the last."""

    @abstractmethod
    def publish(self, topics: Sequence[str]) -> None:
        """One event on each, from the second core."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
