"""Updates of Yjs (its encoding 1), checked before anything else parses them.

Whoever may write to a document sends bytes that a parser in another language is given. It allocates what a
length says, recurses as deep as values are nested, and takes texts for UTF-8: all three are checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.rooms.documents.varints import Reader
from hub.rooms.protocol import Malformed
from hub.support import strict_json

MAX_CLOCK = (1 << 31) - 1
MAX_DEPTH = 64  # of values within values

_GC, _SKIP = 0, 10
_ORIGIN, _RIGHT_ORIGIN, _PARENT_KEY, _CONTENT = 0x80, 0x40, 0x20, 0x1F
_KEYED_TYPES = frozenset({3, 5})  # XML elements and hooks have a name
_TYPES = range(7)


@dataclass(slots=True)
class Summary:
    """Up to which clock of each client an update writes or deletes."""

    ends: dict[int, int] = field(default_factory=dict)

    def reach(self, client: int, clock: int) -> None:
        self.ends[client] = max(clock, self.ends.get(client, 0))


def check(update: bytes) -> Summary:
    """Raise `Malformed` for what is not an update."""
    reader, summary = Reader(update), Summary()
    for _ in range(reader.count()):
        structs, client, clock = reader.count(), reader.uint(), reader.uint()
        for _ in range(structs):
            clock += _struct(reader)
            if clock > MAX_CLOCK:
                raise Malformed(f"A clock is beyond {MAX_CLOCK}.")
        summary.reach(client, clock)
    for _ in range(reader.count()):
        client, end = reader.uint(), 0
        for _ in range(reader.count()):
            end = max(end, reader.uint() + reader.uint())
            if end > MAX_CLOCK:
                raise Malformed(f"A deletion is beyond {MAX_CLOCK}.")
        summary.reach(client, end)
    if reader.remaining:
        raise Malformed("Bytes follow the update.")
    return summary


def clocks(vector: bytes) -> dict[int, int]:
    """The state of each client in a state vector."""
    reader = Reader(vector)
    return {reader.uint(): reader.uint() for _ in range(reader.count())}


def _struct(reader: Reader) -> int:
    """Its length, in clocks."""
    info = reader.byte()
    if info in (_GC, _SKIP):
        return reader.uint()
    if info & _ORIGIN:
        reader.uint(), reader.uint()
    if info & _RIGHT_ORIGIN:
        reader.uint(), reader.uint()
    if not info & (_ORIGIN | _RIGHT_ORIGIN):
        if reader.uint() == 1:
            reader.text()
        else:
            reader.uint(), reader.uint()
        if info & _PARENT_KEY:
            reader.text()
    return _content(reader, info & _CONTENT)


def _content(reader: Reader, kind: int) -> int:
    match kind:
        case 1:  # deleted
            return reader.uint()
        case 3:  # binary
            reader.pass_over(reader.count())
        case 4:  # text
            text = reader.text()
            return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
        case 5:  # embedded
            _json(reader)
        case 6:  # a format
            reader.text()
            _json(reader)
        case 7:  # a type
            number = reader.uint()
            if number not in _TYPES:
                raise Malformed(f"{number} is no type of Yjs.")
            if number in _KEYED_TYPES:
                reader.text()
        case 8:  # values
            count = reader.count()
            for _ in range(count):
                _value(reader, MAX_DEPTH)
            return count
        case 9:  # a document within
            reader.text()
            _value(reader, MAX_DEPTH)
        case other:
            raise Malformed(f"{other} is no content of Yjs that is taken here.")
    return 1


def _json(reader: Reader) -> None:
    text = reader.text()
    if text.count("[") + text.count("{") > MAX_DEPTH:
        try:
            strict_json.read(text.encode(), storable=False)
        except strict_json.BadJson as error:
            raise Malformed(f"An embedded value is JSON: {error}") from None


def _value(reader: Reader, levels: int) -> None:
    if not levels:
        raise Malformed(f"Values are nested in more than {MAX_DEPTH} levels.")
    match reader.byte():
        case 127 | 126 | 121 | 120:  # undefined, null, false, true
            return
        case 125:
            _integer(reader)
        case 124:
            reader.pass_over(4)
        case 123 | 122:
            reader.pass_over(8)
        case 119:
            reader.text()
        case 118:
            for _ in range(reader.count()):
                reader.text()
                _value(reader, levels - 1)
        case 117:
            for _ in range(reader.count()):
                _value(reader, levels - 1)
        case 116:
            reader.pass_over(reader.count())
        case other:
            raise Malformed(f"{other} begins no value.")


def _integer(reader: Reader) -> None:
    """A signed one, of at most 63 bits: its first byte has six."""
    for _ in range(9):
        if reader.byte() < 0x80:
            return
    raise Malformed("An integer has more than 63 bits.")
