"""Events of a run as lines of JSON (`application/x-ndjson`): ``{"type": …, "data": …}`` each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.errors import Problem
from hub.events import MAX_DATA_BYTES
from hub.support import strict_json
from notifications.runs.production import Entry, entry

CONTENT_TYPE = "application/x-ndjson"
MAX_LINE_BYTES = 3 * MAX_DATA_BYTES + 1024  # data whose characters are all escaped, and what is around them


class BadLine(Exception):
    """A line that is no event of a run; ``problem`` names it by its number in the body, from 1."""

    def __init__(self, number: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        members = {**problem.members, "line": number}
        self.problem = Problem(problem.status, f"Line {number}: {problem.detail}", **members)


class LineReader:
    """Reads the events of one body, whose lines end with LF or CRLF. Those without anything in them are
    counted, and are no events."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self.number = 0  # of lines that came
        self._parts: list[bytes] = []  # of a line that is not complete
        self._bytes = 0

    def feed(self, data: bytes) -> Iterator[Entry]:
        """The events that are complete. Raises `BadLine` after those before it."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            yield from self._line(end)
        self._parts.append(rest)
        self._bytes += len(rest)
        if self._bytes > MAX_LINE_BYTES:
            raise BadLine(self.number + 1, _too_long())

    def end(self) -> Iterator[Entry]:
        """The last event, if no LF follows it."""
        yield from self._line(b"")

    def _line(self, end: bytes) -> Iterator[Entry]:
        line = b"".join([*self._parts, end])
        self._parts.clear()
        self._bytes = 0
        self.number += 1
        try:
            if len(line) > MAX_LINE_BYTES:
                raise _too_long()
            if line := line.strip(b" \t\r"):
                yield _entry(self._topic, _json(line))
        except Problem as problem:
            raise BadLine(self.number, problem) from None


def _json(line: bytes) -> Any:
    try:
        return strict_json.read(line)
    except strict_json.BadJson as bad:
        raise Problem(422, f"{bad}") from None


def _entry(topic: str, given: Any) -> Entry:
    if not (isinstance(given, dict) and given.keys() == {"type", "data"} and isinstance(given["type"], str)):
        raise Problem(422, 'give a JSON object {"type": "…", "data": …}.')
    return entry(topic, given["type"], given["data"])


def _too_long() -> Problem:
    return Problem(413, f"it has over {MAX_LINE_BYTES} bytes: send less in one event.")
