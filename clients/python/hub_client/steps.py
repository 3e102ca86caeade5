"""What the core asks of whoever does its I/O: it is made of generators of these, and opens no socket."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the hub; ``body`` is sent as JSON."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` are by lower-case name; ``body`` is empty for a stream that is open."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Call:
    """Send a request: an `Answer`, or `Unreachable`."""

    request: Request


@dataclass(frozen=True, slots=True)
class Connect:
    """The same, leaving the body of an answer of 200 to be read."""

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """The next bytes of the stream, empty at its end; `Unreachable` after so many seconds of silence, too."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the stream's connection, if there is one."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GetToken:
    """A token to read with; ``fresh`` if the last one is no longer good."""

    fresh: bool


@dataclass(frozen=True, slots=True)
class Give:
    """Yield a message to the reader."""

    message: Any


Step = Call | Connect | Read | Close | Sleep | GetToken | Give
CallSteps = Generator[Call | Sleep, Any, Any]
StreamSteps = Generator[Step, Any, None]
