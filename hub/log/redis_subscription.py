"""The subscription of this instance to Redis: one connection, on the topics that have a reader here.

The pub/sub object of redis-py reconnects silently, and what was published meanwhile is lost unseen. Here a
connection is used once; its end and its successor are reported to the receiver of the events.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from redis.exceptions import RedisError

from hub.log import LogAway, LogReceiver, entries
from hub.log.redis_connection import RedisConnection
from hub.support.backoff import retry_forever
from hub.support.faults import malformed

PROBE_S = 2.0  # between probes that travel through Redis to ourselves
MAX_SILENCE_S = 5.0  # without any message the connection is dead, whatever the kernel says
ACK_S = 2.0  # that Redis may take to acknowledge a subscription
BATCH_SIZE = 500  # topics per SUBSCRIBE

logger = logging.getLogger(__name__)


class RedisSubscription:
    """Subscribes and receives for one receiver until cancelled, and reconnects for ever.

    Used by `hub.log.redis.RedisLog` alone, on the event loop. ``publish`` sends the probe, on another
    connection; ``prefix`` begins the channel of each topic.
    """

    def __init__(
        self, url: str, publish: Callable[[str, str], Awaitable[Any]], *, prefix: str, probe: str
    ) -> None:
        self._url = url
        self._publish = publish
        self._prefix = prefix
        self._probe = probe
        self._topics: set[str] = set()  # requested
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._connection: RedisConnection | None = None  # only while every requested topic is subscribed
        self._received_at = -math.inf

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Return once Redis has acknowledged; raise `LogAway`. The topics stay requested either way."""
        self._topics.update(topics)
        connection = self._connection
        if connection is None:
            raise LogAway("the subscription to Redis is down")
        channels = [self._prefix + topic for topic in topics]
        acks = [self._ack(channel) for channel in channels]
        try:
            async with asyncio.timeout(ACK_S):
                await _send(connection, "SUBSCRIBE", channels)
                await asyncio.gather(*acks)
        except OSError as error:
            raise LogAway(f"Redis: {error}") from error

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        self._topics.difference_update(topics)
        if self._connection is not None:
            try:
                async with asyncio.timeout(ACK_S):
                    await _send(self._connection, "UNSUBSCRIBE", [self._prefix + topic for topic in topics])
            except OSError as error:
                logger.info("unsubscribing failed, the connection to Redis is going: %s", error)

    async def run(self, receiver: LogReceiver) -> None:
        await retry_forever(lambda: self._live(receiver), _report)

    def silence(self) -> float:
        """Seconds since anything was received, the probe at least; infinite before the first time."""
        return time.monotonic() - self._received_at

    async def _live(self, receiver: LogReceiver) -> None:
        """One connection, from its making to its end, which is always an exception."""
        connection: RedisConnection | None = None
        subscribed: set[str] = set()
        probing = asyncio.create_task(self._send_probes())
        try:
            async with asyncio.timeout(MAX_SILENCE_S) as patience:
                connection = await RedisConnection.connect(self._url)
                await _send(connection, "SUBSCRIBE", self._missing(subscribed))
                while True:
                    replies = await connection.receive()
                    now = time.monotonic()
                    if now - self._received_at > PROBE_S / 2:
                        patience.reschedule(asyncio.get_running_loop().time() + MAX_SILENCE_S)
                        self._received_at = now
                    for kind, channel, payload in replies:
                        if kind == b"message":
                            if payload:
                                self._receive(receiver, channel, payload)
                        elif kind == b"subscribe":
                            await self._subscribed(connection, subscribed, channel.decode(), receiver)
        finally:
            probing.cancel()
            for channel in list(self._acks):
                self._acknowledge(channel, LogAway("the connection to Redis was lost"))
            if self._connection is not None:
                self._connection = None
                receiver.disconnected()
            if connection is not None:
                connection.close()

    async def _subscribed(
        self, connection: RedisConnection, subscribed: set[str], channel: str, receiver: LogReceiver
    ) -> None:
        self._acknowledge(channel)
        if self._connection is not None:
            return  # nothing is missing any more: topics come and go, and none is kept here
        subscribed.add(channel)
        if len(subscribed) >= len(self._topics) + 1:
            # Topics requested while we connected are subscribed before anybody relies on the connection.
            missing = self._missing(subscribed)
            await _send(connection, "SUBSCRIBE", missing)
            if not missing:
                subscribed.clear()
                self._connection = connection
                receiver.restored()

    async def _send_probes(self) -> None:
        while True:
            try:
                await self._publish(self._probe, "")
            except (RedisError, OSError) as error:
                logger.debug("the probe was not published: %s", error)
            await asyncio.sleep(PROBE_S)

    def _missing(self, subscribed: set[str]) -> set[str]:
        return {self._probe, *(self._prefix + topic for topic in self._topics)} - subscribed

    def _ack(self, channel: str) -> asyncio.Future[None]:
        if channel not in self._acks:
            self._acks[channel] = asyncio.get_running_loop().create_future()
        return self._acks[channel]

    def _acknowledge(self, channel: str, error: LogAway | None = None) -> None:
        ack = self._acks.pop(channel, None)
        if ack is not None and not ack.done():
            if error is None:
                ack.set_result(None)
            else:
                ack.set_exception(error)

    def _receive(self, receiver: LogReceiver, channel: bytes, payload: bytes) -> None:
        topic = channel.decode()[len(self._prefix) :]
        try:
            event = entries.message(topic, payload)
        except entries.Malformed as error:
            # Had it been one of ours, the next event's `previous` shows the hole.
            return malformed.record("message", topic, error)
        try:
            receiver.received(event)
        except Exception:
            logger.exception("event %d of %s was not delivered here", event.position, topic)


def _report(error: Exception) -> None:
    if isinstance(error, RedisError | OSError):
        logger.warning("the subscription to Redis was lost: %r", error)
    else:
        logger.error("a reply of Redis could not be read: reconnecting", exc_info=error)


async def _send(connection: RedisConnection, command: str, channels: Iterable[str]) -> None:
    listed = list(channels)
    for start in range(0, len(listed), BATCH_SIZE):
        await connection.send(command, *listed[start : start + BATCH_SIZE])
