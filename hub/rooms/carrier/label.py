"""The name of a room on the frames of a socket that carries many."""

from __future__ import annotations

from collections.abc import Iterator

from hub.events import encode
from hub.rooms.carrier import frames
from hub.support import ws_frames

NUMBER_BYTES = 2  # before a binary frame, big endian


class Label:
    """Labels what was framed for a socket of the room's own: ``"room"`` in its text frames, the number of the
    membership before its binary ones, and `left` instead of a close frame.

    One for all who carry the room by this name: what they are sent at once is labelled once.
    """

    __slots__ = ("__weakref__", "_framed", "_head", "_labelled", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._head = b'{"room":%b,' % encode(name)
        self._framed = self._labelled = b""

    def apply(self, framed: bytes, number: int) -> bytes:
        """The labelled frames; ``framed`` holds whole ones."""
        if framed is self._framed:
            return self._labelled
        parts = list(self._frames(framed, number))
        labelled = b"".join(parts)
        if all(part[0] != ws_frames.BINARY_HEAD for part in parts):
            self._framed, self._labelled = framed, labelled
        return labelled

    def steps(self, framed: bytes, number: int, size: int) -> Iterator[bytes]:
        """The labelled frames in parts of about ``size`` bytes."""
        waiting: list[bytes] = []
        waiting_bytes = 0
        for frame in self._frames(framed, number):
            waiting.append(frame)
            waiting_bytes += len(frame)
            if waiting_bytes >= size:
                yield b"".join(waiting)
                waiting, waiting_bytes = [], 0
        if waiting:
            yield b"".join(waiting)

    def _frames(self, framed: bytes, number: int) -> Iterator[bytes]:
        for opcode, payload in ws_frames.split(framed):
            match opcode:
                case ws_frames.TEXT:
                    yield ws_frames.text(self._head + payload[1:])
                case ws_frames.BINARY:
                    yield ws_frames.binary(number.to_bytes(NUMBER_BYTES, "big") + payload)
                case ws_frames.CLOSE:
                    yield ws_frames.text(frames.left(self.name, *ws_frames.parse_close(payload)))
                case _:
                    yield ws_frames.PING
