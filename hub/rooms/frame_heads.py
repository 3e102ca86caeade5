"""Counts a client's frames by their heads (RFC 6455, 5.2), before anything is unmasked, kept or parsed."""

from __future__ import annotations

from hub.rooms.protocol import Malformed

MAX_FRAGMENTS = 64  # of a message

_FIN, _OPCODE, _CLOSE, _MASK, _LENGTH = 0x80, 0x0F, 0x08, 0x80, 0x7F


class FrameHeads:
    """Follows the frames of one connection across reads."""

    __slots__ = ("_cut", "_fragments", "_skip")

    def __init__(self) -> None:
        self._cut = b""  # the beginning of an incomplete head
        self._skip = 0  # bytes of the current frame that are still to come
        self._fragments = 0  # of the current message

    def count(self, data: bytes, limit: float) -> int:
        """The number of frames that begin in ``data``, counted up to one more than ``limit``; what follows a
        close frame does not count. Raises `Malformed` for a message of too many fragments."""
        if self._cut:
            data, self._cut = self._cut + data, b""
        at, end, begun = self._skip, len(data), 0
        while at < end:
            after = _payload(data, at, end)
            if after is None:
                self._cut = data[at:]
                at = end
                break
            begun += 1
            if begun > limit:
                break
            start, length = after
            opcode = data[at] & _OPCODE
            if opcode < _CLOSE:
                self._check_fragment(bool(data[at] & _FIN), opcode == 0, length)
            elif opcode == _CLOSE:
                at = end
                break
            at = start + length
        self._skip = max(0, at - end)
        return begun

    def _check_fragment(self, last: bool, continued: bool, length: int) -> None:
        if not continued:
            self._fragments = 0
        self._fragments += 1
        if self._fragments > MAX_FRAGMENTS:
            raise Malformed(f"A message has at most {MAX_FRAGMENTS} fragments: send it in fewer.")
        if not last and not length:
            raise Malformed("An empty fragment that is not the last says nothing: leave it out.")


def _payload(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Start and length of the payload of the frame at ``at``; None if the head is incomplete."""
    if end - at < 2:
        return None
    length, start = data[at + 1] & _LENGTH, at + 2
    if length > 125:
        size = 2 if length == 126 else 8
        if end - start < size:
            return None
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    return start + (4 if data[at + 1] & _MASK else 0), length
