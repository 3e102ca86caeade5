"""The frame by which a client goes on with the binary frames of another connection. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.rooms.protocol import Malformed, check_fields, check_id

MAX_ACKNOWLEDGED = 2**53  # frames

_FIELDS = {"type", "id", "acknowledged"}


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream ``id`` of its sender, who knows of so many frames that they are accepted."""

    id: str
    acknowledged: int


def parse(frame: dict[str, Any]) -> Stream | None:
    """None for a frame of another type; raises `Malformed`."""
    if frame.get("type") != "stream":
        return None
    check_fields(frame, _FIELDS)
    acknowledged = frame["acknowledged"]
    if type(acknowledged) is not int or not 0 <= acknowledged <= MAX_ACKNOWLEDGED:
        raise Malformed("'acknowledged' must be how many frames of the stream you know to be accepted.")
    return Stream(check_id(frame["id"]), acknowledged)
