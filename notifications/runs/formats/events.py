"""Events of a run as its stream has them, read from the feed that brings them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

ENDS = frozenset({"done", "error", "stopped", "lost"})


@dataclass(frozen=True, slots=True)
class RunEvent:
    """An event, or a notice of the feed (``stream-…``, ``retire``). ``id`` is empty where it has none;
    ``data`` are those of the event itself, without its envelope."""

    type: str
    data: Any
    id: str = ""

    @property
    def ends(self) -> bool:
        """Whether it is the last one of its run."""
        return self.type in ENDS

    @property
    def is_notice(self) -> bool:
        return self.type == "retire" or self.type.startswith("stream-")


class BlockReader:
    """Reads the bytes of a feed (WHATWG HTML, 9.2.6), whose lines end with LF and whose data are one each."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> Iterator[RunEvent | bytes]:
        """The events that are complete, and as bytes what else there is: comments, and ``retry``."""
        *rows, self._rest = (self._rest + data).split(b"\n")
        for row in rows:
            if not row:
                yield from self._event()
            elif row.startswith((b":", b"retry: ")):
                yield row + b"\n"
            else:
                name, _, value = row.partition(b": ")
                self._fields[name] = value

    def _event(self) -> Iterator[RunEvent]:
        fields, self._fields = self._fields, {}
        if b"event" in fields:
            type, id = fields[b"event"].decode(), fields.get(b"id", b"").decode()
            event = RunEvent(type, json.loads(fields[b"data"]), id)
            yield event if event.is_notice else replace(event, data=event.data["data"])
