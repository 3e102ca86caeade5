"""Events in replies of the scripts, without what is no well-formed one: other programs may write there."""

from __future__ import annotations

from collections.abc import Iterator

from hub.events import Event
from hub.log import TopicPage, entries
from hub.support.faults import malformed

Entry = tuple[bytes, bytes, bytes, bytes]  # position, previous, type, body


def topic_page(topic: str, gap: int, cut: int, flat: list[bytes]) -> TopicPage:
    """A topic's part of a reply of read.lua."""
    found = zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
    return TopicPage(list(_events(topic, found)), bool(gap), int(flat[-4]) if cut else None)


def values(topic: str, flat: list[bytes]) -> list[Event]:
    """A topic's part of a reply of latest.lua, in order of position."""
    rows = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    found = ((position, b"0", type, body) for position, type, body in rows)
    return sorted(_events(topic, found), key=lambda event: event.position)


def _events(topic: str, found: Iterator[Entry]) -> Iterator[Event]:
    for entry in found:
        try:
            yield entries.entry(topic, *entry)
        except entries.Malformed as error:
            malformed.record("entry", topic, error)
