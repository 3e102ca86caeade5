"""Events of a run as its stream has them, read from the blocks of the feed that brings them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from hub import events
from notifications.runs.production import END_TYPES, TOKEN

MAX_SHARED = 4  # payloads that are kept for the other readers of an instance

# Blocks of a feed, whose data are one line each (`hub.feeds.sse`), comments and `retry`.
_BLOCK = re.compile(rb"(?:id: ([^\n]*)\n)?event: ([^\n]*)\ndata: ([^\n]*)\n\n|((?::|retry: )[^\n]*\n)")
_TEXT_BEGIN, _TEXT_END = b'{"text":', b"}"  # the data of a token, around its text


@dataclass(slots=True)
class RunEvent:
    """An event, or a notice of the feed (``stream-…``, ``retire``). ``id`` is empty where it has none;
    ``raw`` is the JSON of the data of the event itself, without its envelope.

    Readers of the same run share it.
    """

    type: str
    raw: bytes
    id: str = ""

    @classmethod
    def of(cls, type: str, data: Any, id: str = "") -> RunEvent:
        return cls(type, events.encode(data), id)

    @property
    def data(self) -> Any:
        return json.loads(self.raw)

    @property
    def text(self) -> bytes:
        """The text of a token, as JSON."""
        return self.raw[len(_TEXT_BEGIN) : -len(_TEXT_END)]

    @property
    def ends(self) -> bool:
        """Whether it is the last one of its run."""
        return self.type in END_TYPES

    @property
    def is_notice(self) -> bool:
        return self.type == "retire" or self.type.startswith("stream-")


def blocks(payload: bytes) -> Iterator[RunEvent | bytes]:
    """The events in whole blocks of a feed, and as bytes what else there is: comments, and ``retry``."""
    for found in _BLOCK.finditer(payload):
        id, type, data, rest = found.groups()
        if rest:
            yield rest
            continue
        event = RunEvent(type.decode(), data, (id or b"").decode())
        yield event if event.is_notice else RunEvent(event.type, events.raw_data(data), event.id)


@lru_cache(MAX_SHARED)
def shared_blocks(payload: bytes) -> Sequence[RunEvent | bytes]:
    """The same, once for all readers of a run."""
    return tuple(blocks(payload))


@lru_cache(MAX_SHARED)
def shared_token(chunk: bytes) -> RunEvent | None:
    """The token that a chunk of the feed is, once for all readers of a run; None if it is anything else."""
    match chunk.split(b"\n"):
        case [_, id, b"event: token", body, b"", b"\r", b""]:
            return RunEvent(TOKEN, events.raw_data(body), id[len(b"id: ") :].decode())
    return None


def joined(replayed: Iterable[RunEvent]) -> Iterator[RunEvent]:
    """The same events, each run of tokens joined into one under the id of its last."""
    for is_token, group in groupby(replayed, key=lambda event: event.type == TOKEN):
        found = list(group)
        if is_token and len(found) > 1:
            whole = b"".join([event.text[1:-1] for event in found])
            yield RunEvent(TOKEN, b'%b"%b"%b' % (_TEXT_BEGIN, whole, _TEXT_END), found[-1].id)
        else:
            yield from found


def sse(data: bytes, type: str = "", id: str = "") -> bytes:
    """One event of a stream, whose data are on one line."""
    if id and type:
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (id.encode(), type.encode(), data)
    head = (b"id: %b\n" % id.encode() if id else b"") + (b"event: %b\n" % type.encode() if type else b"")
    return b"%bdata: %b\n\n" % (head, data)
