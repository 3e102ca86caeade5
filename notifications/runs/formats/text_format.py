"""What the protocols that stream one message have in common: they cannot take back what they sent."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hub import events
from notifications.runs.formats.events import RunEvent
from notifications.runs.formats.sse import sse
from notifications.runs.production import TOKEN


class TextFormat(ABC):
    """Events without type and id, whose data are JSON objects.

    A subclass makes the objects of each event. After a gap in the log the next token has the whole text: of
    that a reader is sent what it does not have yet.
    """

    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(self, run: str) -> None:
        self.run = run
        self._sent = 0  # characters of the text
        self._anew = False
        self._begun = False

    def encode(self, event: RunEvent) -> bytes:
        found = []
        if not self._begun and not event.is_notice:
            self._begun = True
            found += self.begin()
        if event.type == "stream-reset":
            self._anew = True
        elif event.type == TOKEN:
            text = event.data["text"]
            text, self._anew = (text[self._sent :] if self._anew else text), False
            self._sent += len(text)
            found += self.token(text) if text else []
        elif not event.is_notice:
            found += self.other(event)
        return b"".join(sse(events.encode(one)) for one in found)

    def end(self) -> bytes:
        return b"data: [DONE]\n\n"

    def begin(self) -> list[object]:
        """What comes before the first event."""
        return []

    @abstractmethod
    def token(self, text: str) -> list[object]:
        """What a piece of the text is."""

    @abstractmethod
    def other(self, event: RunEvent) -> list[object]:
        """Of an event that is no token; the last one ends the run."""
