"""A WebSocket connection: a subscriber that also sends frames."""

from __future__ import annotations

import time
from collections.abc import Iterator

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.protocol import OPEN, Protocol, Side

from hub.delivery.subscriber import Subscriber
from hub.ports import Person
from hub.rooms import rate_limiter
from hub.rooms.dialect import ROOM_DIALECT, Frame
from hub.rooms.frame_heads import FrameHeads
from hub.rooms.protocol import MAX_FRAME_BYTES, Close
from hub.rooms.rate_limiter import RateLimiter
from hub.support import ws_frames

_PONG, _MASK_BYTES = b"\x8a\x80", 4  # to our pings, which are empty
_MESSAGE = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_ANSWERS = (b'{"type":"pong"}', b'{"type": "pong"}')
PING = Frame(ws_frames.text(b'{"type":"ping"}'))  # which only the client can answer, not a proxy
IDLE_BEATS = 3  # heartbeats in which nothing was received, not even a pong


class FrameConnection(Subscriber):
    """The endpoint sets ``limiter``, its user's, on admission."""

    max_message_bytes = MAX_FRAME_BYTES
    limiter: RateLimiter

    __slots__ = (
        "_answer_s",
        "_answered_at",
        "_heads",
        "_parser",
        "_parts",
        "_received_at",
        "_text",
        "idle_s",
        "limiter",
    )

    def __init__(
        self,
        person: Person,
        *,
        address: str,
        topics: tuple[str, ...],
        mailbox_bytes: int,
        heartbeat_s: float,
    ) -> None:
        super().__init__(
            person, address=address, topics=topics, dialect=ROOM_DIALECT, mailbox_bytes=mailbox_bytes
        )
        self._parser: Protocol | None = None  # a connection that never sends needs none
        self._heads: FrameHeads | None = None
        self._parts: list[bytes] = []
        self._text = True
        self.idle_s = IDLE_BEATS * heartbeat_s
        self._received_at = time.monotonic()
        # When the client itself, and no proxy for it, last sent a message; 0 if it never answered a ping.
        self._answered_at = 0.0
        self._answer_s = IDLE_BEATS * heartbeat_s

    def receive(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """The messages that these bytes complete, and whether each is text. Pings are answered; a close frame
        or a fault closes the connection. Raises `TooFast` or `Malformed` before anything is parsed."""
        self._received_at = time.monotonic()
        self.limiter.consume(rate_limiter.BYTES, max(len(data), rate_limiter.READ_BYTES))
        if self._parser is None or self._heads is None:
            if len(data) == len(_PONG) + _MASK_BYTES and data.startswith(_PONG):
                return self.limiter.consume(rate_limiter.FRAMES)
            self._parser = Protocol(Side.SERVER, state=OPEN, max_size=self.max_message_bytes)
            self._heads = FrameHeads()
        self.limiter.consume(
            rate_limiter.FRAMES, self._heads.count(data, self.limiter.remaining(rate_limiter.FRAMES))
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
                    if not self._is_answer(whole):
                        yield whole, self._text
        answer = b"".join(self._parser.data_to_send())
        if self._parser.close_expected():
            self.close("gone", Frame(answer))
        elif answer:
            self.put(Frame(answer))

    def receive_message(self, message: bytes, text: bool) -> Iterator[tuple[bytes, bool]]:
        """The same for a whole message that the server has unframed. Raises `TooFast`."""
        self._received_at = time.monotonic()
        self.limiter.consume(rate_limiter.BYTES, max(len(message), rate_limiter.READ_BYTES))
        self.limiter.consume(rate_limiter.FRAMES)
        if len(message) > self.max_message_bytes:
            return self.close_with(Close.TOO_BIG, f"A frame is at most {self.max_message_bytes} bytes.")
        if not self._is_answer(message):
            yield message, text

    def _is_answer(self, message: bytes) -> bool:
        """Whether it answers a ping among the frames. Who does so once has to from then on."""
        is_answer = message.strip() in _ANSWERS
        if is_answer or self._answered_at:
            self._answered_at = self._received_at
        return is_answer

    def send(self, text: bytes) -> None:
        """Send a frame outside the log's order."""
        self.put(Frame(ws_frames.text(text)))

    def close_with(self, code: Close, detail: str) -> None:
        """Close after what waits; the code's name is the reason in logs and metrics."""
        self.close(code.name.lower(), Frame(ws_frames.closing(code, detail)))

    def beat(self) -> None:
        now = time.monotonic()
        if now - self._received_at > self.idle_s or 0 < self._answered_at < now - self._answer_s:
            self.close_with(Close.IDLE, f"nothing was received for {IDLE_BEATS} heartbeats")
        elif self._answered_at:
            self.put(PING)
        else:
            super().beat()
