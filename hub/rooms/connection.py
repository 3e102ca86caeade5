"""A connection in a room: a subscriber that also sends."""

from __future__ import annotations

import uuid

from hub import topics
from hub.events import Encoded
from hub.ports import Entry
from hub.rooms import kinds
from hub.rooms.binary.frames import Relayed
from hub.rooms.binary.stream import Stream
from hub.rooms.binary.uplink import Uplink
from hub.rooms.frame_connection import FrameConnection
from hub.rooms.protocol import Malformed


class RoomConnection(FrameConnection):
    """A connection that sends frames into one room.

    ``since`` is the position that it resumed from, or after which its history began: what follows it is
    delivered. ``id`` is unique over all instances. ``uplink`` is there once it is live, in a room that takes
    binary frames.
    """

    __slots__ = ("entry", "id", "joined", "over_daily", "since", "uplink")

    def __init__(self, entry: Entry, *, address: str, mailbox_bytes: int, heartbeat_s: float) -> None:
        super().__init__(
            entry.person,
            address=address,
            topics=_topics(entry),
            mailbox_bytes=mailbox_bytes,
            heartbeat_s=heartbeat_s,
        )
        self.entry = entry
        self.id = uuid.uuid4().hex
        self.since = 0
        self.uplink: Uplink | None = None
        self.joined = False  # counted among the room's people
        self.over_daily = False  # its user was warned that the day's messages are sent

    @property
    def user(self) -> dict[str, str]:
        return {"id": self.person.id, "name": self.person.name}

    def deliver(self, position: int, encoded: Encoded) -> None:
        if isinstance(encoded, Relayed) and encoded.connection == self.id:
            encoded = encoded.for_sender
        super().deliver(position, encoded)

    def send_binary(self, frame: bytes) -> None:
        """Send a binary frame to the others. Raises `Malformed` or `TooFast`."""
        if self.uplink is None:
            raise Malformed("Binary frames are for rooms of kind binary or voice: send JSON as text.")
        first = not self.uplink.used
        self.uplink.put(frame)
        if first:
            self.rejoin()

    def resume_stream(self, stream: Stream) -> None:
        """Go on with the binary frames of another connection. Raises `Malformed`."""
        if self.uplink is None:
            raise Malformed("A stream is of binary frames, which this room does not take.")
        self.uplink.resume(stream.id, stream.acknowledged)

    def _changed(self) -> None:
        super()._changed()
        if self.uplink is not None and self.uplink.used and self.on_direct is not None:
            # Its own frames are not for it: the fan-out may not write to its socket by itself.
            self.on_direct(self, None)


def _topics(entry: Entry) -> tuple[str, ...]:
    """Binary frames have a topic of their own."""
    if kinds.kind(entry.kind).binary:
        return entry.topic, topics.binary(entry.topic)
    return (entry.topic,)
