"""A set of people's ids, small enough to be kept in a row: bits in blocks of 65,536 ids."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

BLOCK = 1 << 16  # ids
LARGEST = (1 << 48) - 1

# Before each block: its number, and how many bytes of it follow.
_HEAD = struct.Struct(">IH")
_EMPTY = bytes(BLOCK // 8)


class Crowd:
    """Packed, a block stands for itself, so that one person is looked up without unpacking the rest."""

    __slots__ = ("_blocks",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._blocks: dict[int, int] = {}  # the bits of each block that has any
        self.add(ids)

    def add(self, ids: Iterable[int]) -> None:
        """Raises `ValueError` for a number that is no id: below 0, or of more than 48 bits."""
        blocks: dict[int, bytearray] = {}
        for id in ids:
            block, place = divmod(id, BLOCK)
            bits = blocks.get(block)
            if bits is None:
                if not 0 <= id <= LARGEST:
                    raise ValueError(f"{id} is not an id.")
                bits = blocks[block] = bytearray(_EMPTY)
            bits[place >> 3] |= 1 << (place & 7)
        for block, bits in blocks.items():
            self._blocks[block] = self._blocks.get(block, 0) | int.from_bytes(bits, "little")

    def __contains__(self, id: int) -> bool:
        return bool(self._blocks.get(id >> 16, 0) >> (id & 0xFFFF) & 1)

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self._blocks.values())

    def __iter__(self) -> Iterator[int]:
        """The ids, in order."""
        for block in sorted(self._blocks):
            spelled = f"{self._blocks[block]:b}"[::-1]
            place = spelled.find("1")
            while place >= 0:
                yield block << 16 | place
                place = spelled.find("1", place + 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Crowd) and self._blocks == other._blocks

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Crowd) -> Crowd:
        joined = dict(self._blocks)
        for block, bits in other._blocks.items():
            joined[block] = joined.get(block, 0) | bits
        return _of(joined)

    def __and__(self, other: Crowd) -> Crowd:
        return _of({block: bits & other._blocks.get(block, 0) for block, bits in self._blocks.items()})

    def __sub__(self, other: Crowd) -> Crowd:
        return _of({block: bits & ~other._blocks.get(block, 0) for block, bits in self._blocks.items()})

    def pack(self) -> bytes:
        """All of it as bytes, for `unpack` and `holds`."""
        parts: list[bytes] = []
        for block in sorted(self._blocks):
            bits = self._blocks[block]
            packed = zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
            parts += _HEAD.pack(block, len(packed)), packed
        return b"".join(parts)

    @staticmethod
    def unpack(packed: bytes | memoryview) -> Crowd:
        """Raises `ValueError` for what was not packed by this."""
        return _of({block: _bits(body) for block, body in _blocks(packed)})

    @staticmethod
    def holds(packed: bytes | memoryview, id: int) -> bool:
        """Whether a packed crowd has this id."""
        for block, body in _blocks(packed):
            if block == id >> 16:
                return bool(_bits(body) >> (id & 0xFFFF) & 1)
        return False


def _of(blocks: dict[int, int]) -> Crowd:
    crowd = Crowd()
    crowd._blocks = {block: bits for block, bits in blocks.items() if bits}
    return crowd


def _blocks(packed: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    view, at = memoryview(packed), 0
    while at < len(view):
        try:
            block, length = _HEAD.unpack_from(view, at)
        except struct.error:
            raise ValueError("This is not a packed crowd: it ends in the middle.") from None
        at += _HEAD.size
        if at + length > len(view):
            raise ValueError("This is not a packed crowd: it ends in the middle.")
        yield block, view[at : at + length]
        at += length


def _bits(body: memoryview) -> int:
    try:
        return int.from_bytes(zlib.decompress(body), "little")
    except zlib.error as error:
        raise ValueError(f"This is not a packed crowd: {error}.") from None
