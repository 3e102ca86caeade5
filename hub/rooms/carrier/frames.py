"""The frames by which a client enters and leaves rooms on a socket that carries many. No I/O.

Every other frame is that of a room, and bears its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.errors import Problem
from hub.events import encode
from hub.rooms.protocol import MAX_ID, Malformed
from hub.support.request import position

MAX_NAME = 200  # characters of a room's
LEFT = 1000  # the code of a membership that the client ended


def name(frame: dict[str, Any]) -> str:
    """The room that a client's frame names, which is removed from it. Raises `Malformed`."""
    return _name(frame.pop("room", None), "room")


def _name(given: Any, field: str) -> str:
    if type(given) is not str or not 0 < len(given) <= MAX_NAME:
        raise Malformed(f"{field!r} must be the name of a room, of 1 to {MAX_NAME} characters.")
    return given


@dataclass(frozen=True, slots=True)
class Join:
    """``after`` is the position to resume from, None without one; ``alias``, if not empty, is what the room
    is called on this socket."""

    after: int | None
    alias: str


def join(frame: dict[str, Any]) -> Join:
    """Raises `Malformed`."""
    _check_fields(frame, {"type", "after", "as"})
    given = frame.get("after", "")
    if type(given) is not str:
        raise Malformed("'after' must be a position, as a string: that of the last message received.")
    alias = _name(frame["as"], "as") if "as" in frame else ""
    try:
        return Join(position(given), alias)
    except Problem as bad:
        raise Malformed(bad.detail) from None


def check_leave(frame: dict[str, Any]) -> None:
    """Raises `Malformed`."""
    _check_fields(frame, {"type"})


def left(room: str, code: int, reason: str) -> bytes:
    """A membership ended, or was refused; ``code`` is what would have closed a socket of the room's own."""
    return encode({"type": "left", "room": room, "code": int(code), "reason": reason})


def not_joined(room: str, frame: dict[str, Any]) -> bytes:
    """A frame for a room that this socket does not carry, or no longer, was dropped."""
    id = frame.get("id")
    known = type(id) is str and len(id) <= MAX_ID
    detail = 'This socket does not carry the room: send {"type": "join", "room": …} first.'
    return encode(
        {
            "type": "error",
            "room": room,
            "id": id if known else None,
            "reason": "not-joined",
            "detail": detail,
        }
    )


def _check_fields(frame: dict[str, Any], known: set[str]) -> None:
    for field in sorted(frame.keys() - known):
        raise Malformed(f"{field[:40]!r} is not a field of this type: leave it out.")
