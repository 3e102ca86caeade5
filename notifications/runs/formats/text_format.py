"""What the protocols that stream one message have in common: they cannot take back what they sent."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod

from hub import events
from hub.feeds.sse import chunked
from notifications.runs.formats.events import RunEvent, shared_token, sse
from notifications.runs.production import TOKEN


class TextFormat(ABC):
    """Events without type and id, whose data are JSON objects.

    A subclass makes the objects of each event. After a gap in the log the next token has the whole text: of
    that a reader is sent what it does not have yet.
    """

    headers: tuple[tuple[bytes, bytes], ...] = ()
    resumable = False

    def __init__(self, run: str) -> None:
        self.run = run
        self._sent = 0  # characters of the text
        self._anew = False
        self._begun = False

    def encode(self, event: RunEvent) -> bytes:
        if event.is_notice:
            self._anew = self._anew or event.type == "stream-reset"
            return b""
        found = b"" if self._begun else _blocks(self.begin())
        self._begun = True
        if event.type != TOKEN:
            return found + _blocks(self.other(event))
        text = event.text
        if self._anew:
            text, self._anew = events.encode(json.loads(text)[self._sent :]), False
        self._sent += _characters(text)
        return found + self._delta(text)

    def token(self, chunk: bytes) -> bytes | None:
        event = shared_token(chunk)
        return None if event is None else chunked(self.encode(event)).framed

    def end(self) -> bytes:
        return b"data: [DONE]\n\n"

    def begin(self) -> list[object]:
        """What comes before the first event."""
        return []

    def begin_text(self) -> list[object]:
        """What comes before this piece of the text."""
        return []

    @abstractmethod
    def text(self, text: bytes) -> bytes:
        """The object of a piece of the text, which is JSON."""

    @abstractmethod
    def other(self, event: RunEvent) -> list[object]:
        """Of an event that is no token; the last one ends the run."""

    def _delta(self, text: bytes) -> bytes:
        if text == b'""':
            return b""
        return _blocks(self.begin_text()) + sse(self.text(text))


def _characters(text: bytes) -> int:
    """Of a text that is JSON."""
    return len(text) - len(b'""') if text.isascii() and b"\\" not in text else len(json.loads(text))


def _blocks(objects: list[object]) -> bytes:
    return b"".join([sse(events.encode(one)) for one in objects])
