"""The encoding of lib0, in which Yjs writes: integers of variable length, and what they are the length of."""

from __future__ import annotations

from hub.rooms.protocol import Malformed

MAX_INTEGER = (1 << 53) - 1  # JavaScript's largest that is exact


class Reader:
    """Reads bytes from the start; every method raises `Malformed` for what is not there."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)

    @property
    def remaining(self) -> int:
        return self.end - self.at

    def byte(self) -> int:
        at = self.at
        if at >= self.end:
            raise Malformed("The bytes end too early.")
        self.at = at + 1
        return self.data[at]

    def uint(self) -> int:
        """An unsigned integer: seven bits a byte, the lowest first, the eighth bit set if more follow."""
        byte = self.byte()
        if byte < 0x80:
            return byte
        value, shift = byte & 0x7F, 7
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 49:
                raise Malformed("An integer has more than 53 bits.")
        if value > MAX_INTEGER:
            raise Malformed("An integer has more than 53 bits.")
        return value

    def count(self) -> int:
        """How many things follow, of a byte at least each."""
        value = self.uint()
        if value > self.remaining:
            raise Malformed(f"{value} parts cannot be in {self.remaining} bytes.")
        return value

    def pass_over(self, length: int) -> None:
        if length > self.remaining:
            raise Malformed("The bytes end too early.")
        self.at += length

    def block(self) -> bytes:
        """Bytes after their number."""
        at = self.count() + self.at
        found, self.at = self.data[self.at : at], at
        return found

    def text(self) -> str:
        """A text in UTF-8, after the number of its bytes."""
        try:
            return self.block().decode()
        except UnicodeDecodeError:
            raise Malformed("A text is not UTF-8.") from None


def uint(value: int) -> bytes:
    """An unsigned integer, encoded."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def block(data: bytes) -> bytes:
    """Bytes after their number."""
    return uint(len(data)) + data
