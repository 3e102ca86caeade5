"""The frames of rooms: parses those of clients, encodes those of the hub. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from hub import events
from hub.events import Event, encode
from hub.support import strict_json

MAX_FRAME_BYTES = 64 * 1024  # of a client's frame
MAX_ID = 100  # characters

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")  # of a signal, and of a kind of room
_SAY = {"type", "id", "body"}
_SIGNAL = {"type", "name", "body"}
_PING = {"type"}
_REMOVE = {"type", "id", "of"}
_CHANGE = {*_REMOVE, "body"}


class Close(IntEnum):
    """Close codes (docs/rooms.md). At 4000 to 4099, 4408 and 4429 a client reconnects; at the others it stops
    until what they say is mended."""

    BROKEN = 1002  # no WebSocket frame
    TOO_BIG = 1009
    RETIRE = 4000  # the instance leaves, or the connection is old
    SLOW = 4001  # the client did not read
    ERROR = 4002  # a fault of the instance
    REVOKED = 4003  # a right ended; others may be left
    EXPIRED = 4004  # the token or session expired
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    IDLE = 4408
    TOO_FAST = 4429


_CODES = {
    400: Close.MALFORMED,
    401: Close.UNAUTHORIZED,
    403: Close.FORBIDDEN,
    404: Close.NOT_FOUND,
    429: Close.TOO_FAST,
}


class Malformed(ValueError):
    """A frame that cannot be parsed; the text is for the client."""


@dataclass(frozen=True, slots=True)
class Say:
    """A message to be published. ``id`` is the client's: within a day the same one is published once."""

    id: str
    body: Any


@dataclass(frozen=True, slots=True)
class Signal:
    """Relayed to the others, and may be lost."""

    name: str
    body: Any


@dataclass(frozen=True, slots=True)
class Change:
    """Edits, removes or reacts to the message at the position ``of``. ``id`` is as of a `Say`."""

    type: str
    id: str
    of: int
    body: Any


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered with `pong`."""


@dataclass(frozen=True, slots=True)
class Message:
    """A published message. ``sender`` is ``{"id", "name"}``, ``at`` RFC 3339."""

    position: int
    sender: Mapping[str, str]
    id: str
    body: Any
    at: str


def parse(text: bytes | dict[str, Any]) -> Say | Change | Signal | Ping:
    """Parse a client's text frame, or what `read` has read of one; raises `Malformed` and nothing else."""
    frame = text if isinstance(text, dict) else read(text)
    match frame.get("type"):
        case "say":
            check_fields(frame, _SAY)
            return Say(check_id(frame["id"]), frame["body"])
        case "edit" | "remove" | "react" as kind:
            check_fields(frame, _REMOVE if kind == "remove" else _CHANGE)
            return Change(kind, check_id(frame["id"]), _position(frame["of"]), frame.get("body"))
        case "signal":
            check_fields(frame, _SIGNAL)
            name = frame["name"]
            if type(name) is not str or not NAME.fullmatch(name):
                raise Malformed(f"'name' must be a string like {NAME.pattern}.")
            return Signal(name, frame["body"])
        case "ping":
            check_fields(frame, _PING)
            return Ping()
        case other:
            given = f"{other[:40]!r}" if isinstance(other, str) else "no string"
            raise Malformed(
                f"'type' is {given}: send 'say', 'edit', 'remove', 'react', 'signal', 'stream' or 'ping'."
            )


def welcome(
    room: str | None,
    topic: str,
    you: Mapping[str, str],
    position: int,
    members: Sequence[Mapping[str, str]],
    count: int,
    *,
    number: int | None = None,
) -> bytes:
    """``members`` may be fewer than the ``count`` of people who are here. Another room, made later under the
    name ``room``, has another ``topic``. ``number`` is the room's on a socket that carries many."""
    named = {"room": room} if room is not None else {}
    numbered = {"number": number} if number is not None else {}
    return encode(
        {
            "type": "welcome",
            **named,
            **numbered,
            "topic": topic,
            "you": _member(you),
            "position": str(position),
            "members": [_member(member) for member in members],
            "count": count,
        }
    )


def live() -> bytes:
    return b'{"type":"live"}'


def degraded() -> bytes:
    """The log is away; `live` follows once it is back and everything missed was delivered."""
    return b'{"type":"degraded"}'


def pong() -> bytes:
    return b'{"type":"pong"}'


def signal(name: str, sender: Mapping[str, str], body: Any) -> bytes:
    return encode({"type": "signal", "name": name, "from": _member(sender), "body": body})


def joined(member: Mapping[str, str]) -> bytes:
    return encode({"type": "joined", "member": _member(member)})


def left(member: Mapping[str, str]) -> bytes:
    return encode({"type": "left", "member": _member(member)})


def members(count: int) -> bytes:
    return b'{"type":"members","count":%d}' % count


def reset(reason: str) -> bytes:
    return encode({"type": "reset", "reason": reason})


def error(id: str | None, reason: str, detail: str) -> bytes:
    """``id`` is the refused message's; None for a signal, which has none."""
    return encode({"type": "error", "id": id, "reason": reason, "detail": detail})


def message_body(sender: Mapping[str, str], id: str, body: Any, at: str) -> bytes:
    """The body of a message's event: the frame without its type and position."""
    return encode({"from": _member(sender), "id": id, "body": body, "at": at})


def message(event: Event) -> Message:
    """The message of a room's event."""
    data = json.loads(event.body)
    return Message(event.position, data["from"], data["id"], data["body"], data["at"])


def close_code(status: int) -> Close:
    """The close code for a refusal that HTTP answers with ``status``."""
    return _CODES.get(status, Close.ERROR)


def _member(user: Mapping[str, str]) -> dict[str, str]:
    return {"id": user["id"], "name": user["name"]}


def read(text: bytes) -> dict[str, Any]:
    """The object of a client's text frame; raises `Malformed`."""
    if len(text) > MAX_FRAME_BYTES:
        raise Malformed(f"A frame is at most {MAX_FRAME_BYTES} bytes: this one is {len(text)}.")
    try:
        frame = strict_json.read(text)
    except strict_json.BadJson as error:
        raise Malformed(f"A frame must be JSON in UTF-8: {error}") from None
    if type(frame) is not dict:
        raise Malformed('A frame must be a JSON object: send {"type": …}.')
    return frame


def check_id(id: Any) -> str:
    """The id that a client gave something of its own; raises `Malformed`."""
    if type(id) is not str or not 0 < len(id) <= MAX_ID or not id.isprintable():
        raise Malformed(f"'id' must be a string of 1 to {MAX_ID} printable characters.")
    return id


def _position(of: Any) -> int:
    try:
        return events.position(of if type(of) is str else str(of if type(of) is int else None))
    except ValueError:
        raise Malformed("'of' must be the position of a message: the digits of its 'position'.") from None


def check_fields(frame: dict[str, Any], required: set[str]) -> None:
    """Raises `Malformed` for a frame that has others, or not all of these."""
    if frame.keys() != required:
        for name in sorted(frame.keys() - required):
            raise Malformed(f"{name[:40]!r} is not a field of this type: leave it out.")
        for name in sorted(required - frame.keys()):
            raise Malformed(f"The field {name!r} is missing: send it.")
