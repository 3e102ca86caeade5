"""Binary frames as events of the log, these as the frames of their readers, and what senders are told."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from hub.events import Draft, Encoded, Event, encode
from hub.support import ws_frames
from hub.support.faults import malformed

TYPE = "frames"


def draft(topic: str, sender: Mapping[str, str], connection: str, frames: Sequence[bytes]) -> Draft:
    """One event for frames that one connection (by id) sent, one after the other."""
    texts = [b64encode(frame).decode() for frame in frames]
    return Draft(topic, TYPE, encode({"from": sender, "connection": connection, "frames": texts}))


def credit(frames: int, size: int, accepted: int, dropped: int = 0) -> bytes:
    """The client may send so many more binary frames, and bytes of them. Of its stream so many are accepted;
    ``dropped`` ones were beyond the credit."""
    more = {"dropped": dropped} if dropped else {}
    return encode({"type": "credit", "frames": frames, "bytes": size, "accepted": accepted, **more})


def stream(id: str, accepted: int) -> bytes:
    """The answer to a `Stream`: the client goes on with the frame after the ``accepted`` ones."""
    return encode({"type": "stream", "id": id, "accepted": accepted})


class Relayed(Encoded):
    """An event as its readers receive it: the binary frames, then their position.

    ``connection`` is the sender's, which is sent ``for_sender``, the position alone.
    """

    __slots__ = ("connection", "for_sender")

    def __init__(self, event: Event) -> None:
        try:
            data = json.loads(event.body)
            self.connection = str(data["connection"])
            blocks = [ws_frames.binary(b64decode(text, validate=True)) for text in data["frames"]]
            sender = {"id": str(data["from"]["id"]), "name": str(data["from"]["name"])}
        except (ValueError, KeyError, TypeError) as error:
            # Another program wrote it. It has a position all the same.
            malformed.record("binary frames", event.topic, error)
            self.connection, blocks, sender = "", [], {}
        at = {"type": "position", "position": str(event.position)}
        self.for_sender = _Position(at)
        more: dict[str, Any] = {"from": sender, "frames": len(blocks)} if blocks else {}
        self.payload = self.framed = b"".join([*blocks, _text({**at, **more})])


class _Position(Encoded):
    __slots__ = ()

    def __init__(self, frame: dict[str, Any]) -> None:
        self.payload = self.framed = _text(frame)


def _text(frame: dict[str, Any]) -> bytes:
    return ws_frames.text(encode(frame))
