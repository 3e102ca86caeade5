"""The binary frames that one connection sends, on their way into the log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from hub.log import Log, LogAway, Terms
from hub.log.series import OutOfSeries
from hub.rooms import protocol, rate_limiter
from hub.rooms.binary import frames
from hub.rooms.binary.credit import Credit
from hub.rooms.protocol import Close, Malformed
from hub.rooms.rate_limiter import RateLimiter, TooFast

MAX_BATCH_BYTES = 64 * 1024  # of the frames of one event, unless it is one frame
GRANT_S = 0.1  # between grants to a connection
RETRY_S = 0.3  # while the log is away
GIVE_UP_S = 5.0  # for the frames of a client that is gone
RATE_SHARE = 0.5  # of the frames that the sender's rate has left; the others are for text and pings

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """The connection, as the uplink knows it; ``id`` is unique over all instances."""

    id: str
    closed: str
    limiter: RateLimiter

    @property
    def user(self) -> Mapping[str, str]: ...

    def send(self, text: bytes, /) -> None: ...

    def close_with(self, code: Close, detail: str, /) -> None: ...


class Uplink:
    """Frames are appended in the order in which they arrived, one append at a time; while the log is away
    they wait, and no more are granted.

    They are a stream, of which the log remembers how many it has (`hub.log.Terms`), so that a frame is
    appended once, whatever is repeated. A client that names its stream (`resume`) goes on with it on another
    connection. ``accepted`` counts the frames of the stream that the log has.
    """

    def __init__(self, sender: Sender, topic: str, log: Log, *, may_drop: bool = False) -> None:
        self._sender = sender
        self._topic = topic
        self._log = log
        self._may_drop = may_drop
        self._key = self._key_of(sender.id)
        self._credit = Credit()
        self._pending: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._named = False
        self._naming: asyncio.Task[None] | None = None
        self._granting: asyncio.TimerHandle | None = None
        self._last = ""  # digest of the stream's last append, as far as is known here; empty: of none
        self._dropped = 0  # since the last grant
        self.accepted = 0
        self.used = False
        self._grant()

    def put(self, frame: bytes) -> None:
        """Raises `TooFast` for a frame beyond the credit, unless the room's kind has it dropped."""
        if self._naming is not None:
            raise Malformed("Send binary frames once your frame of type 'stream' is answered.")
        self.used = True
        if self._credit.spend(len(frame)):
            self._pending.append(frame)
            if self._task is None:
                self._task = asyncio.create_task(self._append_all())
        elif self._may_drop:
            self._dropped += 1
        else:
            raise TooFast("This is more than you were granted: wait for a frame of type 'credit'.")

    def resume(self, stream: str, acknowledged: int) -> None:
        """Go on with a stream of the same person, begun on another connection; the client is told how many of
        its frames were accepted, never fewer than those that it knows of. Raises `Malformed`."""
        if self.used or self._named:
            raise Malformed("Name a stream once, before its first frame.")
        self._named = True
        self._key = self._key_of(f"={stream}")
        self._naming = asyncio.create_task(self._look_up(stream, acknowledged))

    async def _look_up(self, stream: str, acknowledged: int) -> None:
        begun = time.monotonic()
        while True:
            try:
                await self._log.append_grouped([], self._terms("?", "?"))
                self.accepted = acknowledged  # nothing is remembered of it
            except OutOfSeries as remembered:
                self._last = remembered.last
                self.accepted = max(_number(self._last), acknowledged)
            except LogAway:
                if self._is_given_up(begun):
                    return
                await asyncio.sleep(RETRY_S)
                continue
            break
        self._naming = None
        self._sender.send(frames.stream(stream, self.accepted))

    async def _append_all(self) -> None:
        try:
            while self._pending:
                batch = [self._pending.popleft()]
                size = len(batch[0])
                while self._pending and size + len(self._pending[0]) <= MAX_BATCH_BYTES:
                    size += len(self._pending[0])
                    batch.append(self._pending.popleft())
                if not await self._append(batch):
                    self._pending.clear()
                    break
                self._credit.give_back(len(batch), size)
                if self._granting is None:
                    self._granting = asyncio.get_running_loop().call_later(GRANT_S, self._grant)
        except Exception:
            logger.exception("binary frames could not be appended to %s", self._topic)
            self._pending.clear()
            self._sender.close_with(Close.ERROR, "instance error")
        finally:
            self._task = None

    async def _append(self, batch: list[bytes]) -> bool:
        """Whether they are in the log; else the client is gone, or goes on elsewhere."""
        drafts = [frames.draft(self._topic, self._sender.user, self._sender.id, batch)]
        upto = self.accepted + len(batch)
        digest = f"{upto}.{self._sender.id}"
        begun = time.monotonic()
        reported = False
        while True:
            try:
                await self._log.append_grouped(drafts, self._terms(digest, self._last))
            except OutOfSeries as other:
                if _number(other.last) >= _number(self._last):
                    self._sender.close_with(Close.MALFORMED, "This stream goes on on another connection.")
                    return False
                self._last = other.last  # the log went back in time
            except LogAway:
                if self._is_given_up(begun):
                    return False
                if not reported:
                    reported = True
                    detail = "The log is away: what you sent waits. Send no more than you were granted."
                    self._sender.send(protocol.error(None, "away", detail))
                await asyncio.sleep(RETRY_S)
            else:
                self.accepted, self._last = upto, digest
                return True

    def _grant(self) -> None:
        self._granting = None
        if self._sender.closed:
            return
        limiter = self._sender.limiter
        share = RATE_SHARE * limiter.remaining(rate_limiter.FRAMES) / max(1, limiter.connections)
        granted, size = self._credit.grant(int(share))
        if granted:
            self._sender.send(frames.credit(granted, size, self.accepted, self._dropped))
            self._dropped = 0
        if self._credit.is_owed:
            self._granting = asyncio.get_running_loop().call_later(GRANT_S, self._grant)

    def _is_given_up(self, begun: float) -> bool:
        return bool(self._sender.closed) and time.monotonic() - begun > GIVE_UP_S

    def _terms(self, digest: str, follows: str) -> Terms:
        return Terms(key=self._key, digest=digest, series=True, follows=follows)

    def _key_of(self, stream: str) -> str:
        return f"{self._topic}:{self._sender.user['id']}:{stream}"


def _number(digest: str) -> int:
    """How many frames of the stream there were with that append."""
    return int(digest.partition(".")[0] or 0)
