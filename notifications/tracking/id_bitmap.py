"""A compressed set of user ids, stored in one database row per delivery (compare Roaring bitmaps).

Row format: for each block of 65,536 ids that has any, in ascending order, the block number (4 bytes) and
the length of its body (2 bytes), both big-endian, then the body: the block's bits, little-endian,
zlib-compressed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

BLOCK = 1 << 16  # ids
MAX_ID = (1 << 48) - 1

# Block number, and length of the compressed body in bytes.
_HEAD = struct.Struct(">IH")
_EMPTY = bytes(BLOCK // 8)


class IdBitmap:
    """A mutable set of ids from 0 to `MAX_ID`, with the operators of a set.

    Each block is compressed by itself, so that `holds` finds one id without unpacking the others.
    """

    __slots__ = ("_blocks",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._blocks: dict[int, int] = {}  # block number: its bits
        self.add(ids)

    def add(self, ids: Iterable[int]) -> None:
        """Raises `ValueError` for a number below 0 or above `MAX_ID`."""
        blocks: dict[int, bytearray] = {}
        for id in ids:
            block, offset = divmod(id, BLOCK)
            bits = blocks.get(block)
            if bits is None:
                if not 0 <= id <= MAX_ID:
                    raise ValueError(f"{id} is not an id.")
                bits = blocks[block] = bytearray(_EMPTY)
            bits[offset >> 3] |= 1 << (offset & 7)
        for block, bits in blocks.items():
            self._blocks[block] = self._blocks.get(block, 0) | int.from_bytes(bits, "little")

    def __contains__(self, id: int) -> bool:
        return bool(self._blocks.get(id >> 16, 0) >> (id & 0xFFFF) & 1)

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self._blocks.values())

    def __iter__(self) -> Iterator[int]:
        """The ids in ascending order."""
        for block in sorted(self._blocks):
            digits = f"{self._blocks[block]:b}"[::-1]
            offset = digits.find("1")
            while offset >= 0:
                yield block << 16 | offset
                offset = digits.find("1", offset + 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdBitmap) and self._blocks == other._blocks

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: IdBitmap) -> IdBitmap:
        joined = dict(self._blocks)
        for block, bits in other._blocks.items():
            joined[block] = joined.get(block, 0) | bits
        return _of(joined)

    def __and__(self, other: IdBitmap) -> IdBitmap:
        return _of({block: bits & other._blocks.get(block, 0) for block, bits in self._blocks.items()})

    def __sub__(self, other: IdBitmap) -> IdBitmap:
        return _of({block: bits & ~other._blocks.get(block, 0) for block, bits in self._blocks.items()})

    def pack(self) -> bytes:
        """The row format, read by `unpack` and `holds`."""
        parts: list[bytes] = []
        for block in sorted(self._blocks):
            bits = self._blocks[block]
            packed = zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
            parts += _HEAD.pack(block, len(packed)), packed
        return b"".join(parts)

    @staticmethod
    def unpack(packed: bytes | memoryview) -> IdBitmap:
        """Raises `ValueError` for bytes that are not in the row format."""
        return _of({block: _bits(body) for block, body in _blocks(packed)})

    @staticmethod
    def holds(packed: bytes | memoryview, id: int) -> bool:
        """Whether a packed bitmap contains this id. Raises as `unpack`, for the blocks before it."""
        for block, body in _blocks(packed):
            if block == id >> 16:
                return bool(_bits(body) >> (id & 0xFFFF) & 1)
        return False


def _of(blocks: dict[int, int]) -> IdBitmap:
    bitmap = IdBitmap()
    bitmap._blocks = {block: bits for block, bits in blocks.items() if bits}
    return bitmap


def _blocks(packed: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    view, at = memoryview(packed), 0
    while at < len(view):
        try:
            block, length = _HEAD.unpack_from(view, at)
        except struct.error:
            raise ValueError("This is not a packed id bitmap: it is truncated.") from None
        at += _HEAD.size
        if at + length > len(view):
            raise ValueError("This is not a packed id bitmap: it is truncated.")
        yield block, view[at : at + length]
        at += length


def _bits(body: memoryview) -> int:
    try:
        return int.from_bytes(zlib.decompress(body), "little")
    except zlib.error as error:
        raise ValueError(f"This is not a packed id bitmap: {error}.") from None
