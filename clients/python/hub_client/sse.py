"""A parser of server-sent events (WHATWG HTML, 9.2.6) that does no I/O."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the stream: an event if it has ``data``. ``id`` is None where it is not set anew."""

    type: str
    data: str | None
    id: str | None
    retry_ms: int | None


class Parser:
    """One stream's parser, which may be fed anything from single bytes on."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._begun = False
        self._type = ""
        self._data: list[str] = []
        self._id: str | None = None
        self._retry_ms: int | None = None

    def feed(self, data: bytes) -> Iterator[Block]:
        """The blocks that end within these bytes."""
        self._text += self._decoder.decode(data)
        if not self._begun and self._text:
            self._begun = True
            self._text = self._text.removeprefix("\ufeff")
        start = 0
        while (end := _END.search(self._text, start)) is not None:
            if end[0] == "\r" and end.end() == len(self._text):
                break  # the line feed of this may be yet to come
            row = self._text[start : end.start()]
            start = end.end()
            if row:
                self._field(row)
            elif (block := self._block()) is not None:
                yield block
        self._text = self._text[start:]

    def _field(self, row: str) -> None:
        name, _, value = row.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self._retry_ms = int(value)

    def _block(self) -> Block | None:
        block = Block(
            self._type or "message", "\n".join(self._data) if self._data else None, self._id, self._retry_ms
        )
        self._clear()
        return block if (block.data, block.id, block.retry_ms) != (None, None, None) else None

    def _clear(self) -> None:
        self._type, self._data, self._id, self._retry_ms = "", [], None, None
