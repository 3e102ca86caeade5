"""Hearing Redis: one connection an instance, on the topics that somebody reads here.

redis-py's own pub/sub object reconnects without a word, and what was published meanwhile is lost
unseen. Here a connection lives once; its end is told to the ear, and so is its successor.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import hiredis
from redis.exceptions import RedisError

from hub.log import Ear, LogAway, entries
from hub.support.faults import malformed

PROBE_S = 2.0  # a word through Redis to ourselves this often …
DEAF_S = 5.0  # … and none heard for this long: the connection is dead, whatever the kernel says
ACK_S = 2.0
BACKOFF_S = (0.05, 2.0)  # first and greatest wait before connecting again; each is jittered in full
BATCH = 500  # topics a SUBSCRIBE
READ = 256 * 1024  # bytes

logger = logging.getLogger(__name__)


class Hearing:
    """Subscribe, and hear for one ear until cancelled; connect again for ever."""

    def __init__(
        self,
        connection: Callable[[], Any],
        publish: Callable[[str, str], Awaitable[Any]],
        prefix: str,
        probe: str,
    ) -> None:
        self._new_connection = connection
        self._publish = publish
        self._prefix = prefix
        self._probe = probe
        self._wanted: set[str] = set()
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._connection: Any = None  # only while every wanted topic is subscribed
        self._heard_at = -math.inf

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Return once Redis has acknowledged; raise `LogAway`. The topics stay wanted either way."""
        self._wanted.update(topics)
        connection = self._connection
        if connection is None:
            raise LogAway("Redis is not heard now")
        channels = [self._prefix + topic for topic in topics]
        acks = [self._ack(channel) for channel in channels]
        try:
            await self._send(connection, "SUBSCRIBE", channels)
            async with asyncio.timeout(ACK_S):
                await asyncio.gather(*acks)
        except (RedisError, OSError, TimeoutError) as error:
            raise LogAway(f"Redis: {error}") from error

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        self._wanted.difference_update(topics)
        if self._connection is not None:
            try:
                await self._send(self._connection, "UNSUBSCRIBE", [self._prefix + topic for topic in topics])
            except (RedisError, OSError) as error:
                logger.info("unsubscribing failed, the connection is going: %s", error)

    async def run(self, ear: Ear) -> None:
        wait = BACKOFF_S[0]
        while True:
            began = time.monotonic()
            try:
                await self._live(ear)
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("Redis is not heard: %r", error)
            except Exception:
                logger.exception("what Redis says was not understood, connecting again")
            wait = BACKOFF_S[0] if time.monotonic() - began > 10 else min(wait * 2, BACKOFF_S[1])
            await asyncio.sleep(random.uniform(0, wait))  # noqa: S311

    def silence(self) -> float:
        """Seconds since anything was heard, the probe at least; infinite before the first time."""
        return time.monotonic() - self._heard_at

    async def _live(self, ear: Ear) -> None:
        """One connection, from its making to its end, which is always an exception."""
        connection = self._new_connection()
        subscribed: set[str] = set()
        probing = asyncio.create_task(self._probing())
        try:
            async with asyncio.timeout(DEAF_S) as patience:
                await connection.connect()
                await self._send(connection, "SUBSCRIBE", self._missing(subscribed))
                # Its own reading of a response costs more than all we do with one.
                stream, parser = connection._reader, hiredis.Reader()
                while data := await stream.read(READ):
                    parser.feed(data)
                    now = time.monotonic()
                    if now - self._heard_at > PROBE_S / 2:
                        patience.reschedule(asyncio.get_running_loop().time() + DEAF_S)
                        self._heard_at = now
                    while (said := parser.gets()) is not False:
                        if isinstance(said, hiredis.ReplyError):
                            raise ConnectionError(f"Redis refuses: {said}")
                        if said[0] == b"message":
                            if said[2]:
                                self._hear(ear, said[1], said[2])
                        elif said[0] == b"subscribe":
                            await self._subscribed(connection, subscribed, said[1].decode(), ear)
                raise ConnectionError("Redis closed the connection")
        finally:
            probing.cancel()
            for channel in list(self._acks):
                self._acknowledged(channel, LogAway("Redis went away"))
            if self._connection is not None:
                self._connection = None
                ear.deaf()
            await connection.disconnect(nowait=True)

    async def _subscribed(self, connection: Any, subscribed: set[str], channel: str, ear: Ear) -> None:
        self._acknowledged(channel)
        if self._connection is not None:
            return  # nothing is missing any more: topics come and go, and none is kept here
        subscribed.add(channel)
        if len(subscribed) >= len(self._wanted) + 1:
            # What came to be wanted while we connected is asked for before anybody relies on us.
            missing = self._missing(subscribed)
            await self._send(connection, "SUBSCRIBE", missing)
            if not missing:
                subscribed.clear()
                self._connection = connection
                ear.restored()

    async def _probing(self) -> None:
        while True:
            try:
                await self._publish(self._probe, "")
            except (RedisError, OSError) as error:
                logger.debug("the probe was not published: %s", error)
            await asyncio.sleep(PROBE_S)

    def _missing(self, subscribed: set[str]) -> set[str]:
        return {self._probe, *(self._prefix + topic for topic in self._wanted)} - subscribed

    def _ack(self, channel: str) -> asyncio.Future[None]:
        if channel not in self._acks:
            self._acks[channel] = asyncio.get_running_loop().create_future()
        return self._acks[channel]

    def _acknowledged(self, channel: str, error: LogAway | None = None) -> None:
        ack = self._acks.pop(channel, None)
        if ack is not None and not ack.done():
            if error is None:
                ack.set_result(None)
            else:
                ack.set_exception(error)

    def _hear(self, ear: Ear, channel: bytes, payload: bytes) -> None:
        topic = channel.decode()[len(self._prefix) :]
        try:
            event = entries.message(topic, payload)
        except entries.Malformed as error:
            # Should it have been one of ours, the next one does not join on to what was heard before.
            return malformed.note("message", topic, error)
        try:
            ear.heard(event)
        except Exception:
            logger.exception("event %d of %s was not delivered here", event.position, topic)

    @staticmethod
    async def _send(connection: Any, command: str, channels: Iterable[str]) -> None:
        listed = list(channels)
        for start in range(0, len(listed), BATCH):
            await connection.send_command(command, *listed[start : start + BATCH])
