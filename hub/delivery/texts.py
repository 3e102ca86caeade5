"""Texts that are delivered joined: tokens of a model, the output of a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from hub.events import MAX_DATA_BYTES, Event

_STRING = rb'[^"\\]*(?:\\.[^"\\]*)*'
# As `hub.events.draft` writes it, for data that is "…" or {"text":"…"}; what expires is by itself.
_BODY = re.compile(
    rb'(\{"topic":"[^"]*","at":")[^"]*("(?:,"(?:key|by)":"%b")*,"data":(?:\{"text":)?")(?P<text>%b)("\}?)'
    rb'(?:,"trace":"[^"]*")?\}' % (_STRING, _STRING)
)

T = TypeVar("T")


class Text(NamedTuple):
    """The text in an event's body, from ``start`` to ``end``. Two are joined if all else in their events is
    ``alike``: type, key, who published it, and whether the data is an object."""

    alike: tuple[str, bytes, bytes, bytes]
    start: int
    end: int


def parse(event: Event) -> Text | None:
    """None for an event whose data is neither a string nor an object with only ``text``, a string."""
    found = _BODY.fullmatch(event.body)
    if found is None:
        return None
    return Text((event.type, found[1], found[2], found[4]), *found.span("text"))


def runs(items: Iterable[T], text: Callable[[T], Text | None]) -> Iterator[list[T]]:
    """Neighbours whose texts are joined, up to `MAX_DATA_BYTES`; anything else is a run by itself.

    Only neighbours of all that a reader is sent: it may be cut off after any event, and resumes from there.
    """
    run: list[T] = []
    alike, size = None, 0
    for item in items:
        found = text(item)
        length = found.end - found.start if found else 0
        if not run or found is None or found.alike != alike or size + length > MAX_DATA_BYTES:
            if run:
                yield run
            run, size = [], 0
        alike = found and found.alike
        run.append(item)
        size += length
    if run:
        yield run


def joined(run: Sequence[tuple[Event, Text]]) -> Event:
    """One event for a run: the last one, with the texts of all."""
    whole = b"".join([event.body[text.start : text.end] for event, text in run])
    last, its_text = run[-1]
    body = last.body[: its_text.start] + whole + last.body[its_text.end :]
    return replace(last, previous=run[0][0].previous, body=body)
