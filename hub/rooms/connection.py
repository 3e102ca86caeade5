"""A connection in a room: a subscriber that also speaks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.protocol import OPEN, Protocol, Side

from hub.delivery.subscriber import Subscriber
from hub.ports import Entry
from hub.rooms import rate_limiter
from hub.rooms.dialect import ROOM_DIALECT, Frame
from hub.rooms.frame_heads import Heads
from hub.rooms.protocol import MAX_FRAME_BYTES, Close
from hub.rooms.rate_limiter import Limiter
from hub.support import ws_frames

_PONG, _MASK_BYTES = b"\x8a\x80", 4  # to our pings, which are empty
_MESSAGE = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
IDLE_BEATS = 3  # heartbeats without a word, not even an answer to a ping


class Member(Subscriber):
    """A subscriber that also sends frames.

    ``since`` is the position it came with or was given the history from: whatever stands after it, this
    connection is told. The endpoint gives it its user's ``limiter`` once it is admitted.
    """

    limiter: Limiter

    __slots__ = (
        "_heads",
        "_heard_at",
        "idle_s",
        "_parser",
        "_parts",
        "_text",
        "connection",
        "counted",
        "entry",
        "limiter",
        "since",
        "warned",
    )

    def __init__(
        self,
        entry: Entry,
        *,
        address: str,
        mailbox_bytes: int,
        heartbeat_s: float,
    ) -> None:
        super().__init__(
            entry.person,
            address=address,
            topics=(entry.topic,),
            dialect=ROOM_DIALECT,
            mailbox_bytes=mailbox_bytes,
        )
        self.entry = entry
        self.connection = uuid.uuid4().hex
        self.since = 0
        self.counted = False  # among those who are in it
        self.warned = False  # that the day's messages are said
        self._parser: Protocol | None = None  # who only listens needs none
        self._heads: Heads | None = None
        self._parts: list[bytes] = []
        self._text = True
        self.idle_s = IDLE_BEATS * heartbeat_s
        self._heard_at = time.monotonic()

    @property
    def who(self) -> dict[str, str]:
        return {"id": self.person.id, "name": self.person.name}

    def hear(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """The messages that these bytes complete, and whether each is text. Pings are answered; a close or
        a fault ends it. Raises `TooFast` or `Malformed` before anything of the bytes is looked at closer."""
        self._heard_at = time.monotonic()
        self.limiter.spend(rate_limiter.BYTES, max(len(data), rate_limiter.READ_BYTES))
        if self._parser is None or self._heads is None:
            if len(data) == len(_PONG) + _MASK_BYTES and data.startswith(_PONG):
                return self.limiter.spend(rate_limiter.FRAMES)
            self._parser = Protocol(Side.SERVER, state=OPEN, max_size=MAX_FRAME_BYTES)
            self._heads = Heads()
        self.limiter.spend(
            rate_limiter.FRAMES, self._heads.count(data, self.limiter.left(rate_limiter.FRAMES))
        )
        self._parser.receive_data(data)
        for frame in self._parser.events_received():
            if isinstance(frame, WireFrame) and frame.opcode in _MESSAGE:
                self._parts.append(bytes(frame.data))
                if frame.opcode is not Opcode.CONT:
                    self._text = frame.opcode is Opcode.TEXT
                if frame.fin:
                    whole = b"".join(self._parts)
                    self._parts.clear()
                    yield whole, self._text
        answer = b"".join(self._parser.data_to_send())
        if self._parser.close_expected():
            self.close("gone", Frame(answer))
        elif answer:
            self.put(Frame(answer))

    def hear_message(self, message: bytes, text: bool) -> Iterator[tuple[bytes, bool]]:
        """The same for a whole message that the server has unframed. Raises `TooFast`."""
        self._heard_at = time.monotonic()
        self.limiter.spend(rate_limiter.BYTES, max(len(message), rate_limiter.READ_BYTES))
        self.limiter.spend(rate_limiter.FRAMES)
        if len(message) > MAX_FRAME_BYTES:
            return self.end(Close.TOO_BIG, f"A frame is at most {MAX_FRAME_BYTES} bytes.")
        yield message, text

    def tell(self, text: bytes) -> None:
        """A frame outside the log's order."""
        self.put(Frame(ws_frames.text(text)))

    def end(self, code: Close, why: str) -> None:
        self.close(code.name.lower(), Frame(ws_frames.closing(code, why)))

    def beat(self) -> None:
        if time.monotonic() - self._heard_at > self.idle_s:
            self.end(Close.IDLE, "nothing was heard of you")
        else:
            super().beat()
