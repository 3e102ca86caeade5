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
from contextlib import suppress

from redis.exceptions import RedisError

from hub.log import LogAway, LogReceiver, entries, redis_errors
from hub.log.redis_connection import RedisConnection
from hub.support.backoff import retry_forever
from hub.support.faults import malformed

PROBE_S = 2.0  # between probes that are appended and travel through Redis to ourselves
MAX_SILENCE_S = 5.0  # without any message the connection is dead, whatever the kernel says
ACK_S = 2.0  # that Redis may take to acknowledge a subscription
BATCH_SIZE = 500  # topics per SUBSCRIBE

logger = logging.getLogger(__name__)


class RedisSubscription:
    """Subscribes and receives for one receiver until cancelled, and reconnects for ever.

    Used by `hub.log.redis.RedisLog` alone, on the event loop. ``probe`` appends a probe and publishes it on a
    channel, on another connection; ``prefix`` begins the channel of each topic. A connection is relied on
    once a probe has come through it: then Redis takes appends, and they arrive here. ``trouble`` is why Redis
    refuses them, empty otherwise.
    """

    def __init__(
        self, url: str, probe: Callable[[str], Awaitable[None]], *, prefix: str, probe_channel: str
    ) -> None:
        self.trouble = ""
        self._url = url
        self._probe = probe
        self._prefix = prefix
        self._probe_channel = probe_channel
        self._probe_due = asyncio.Event()
        self._topics: set[str] = set()  # requested
        self._acks: dict[str, asyncio.Future[None]] = {}
        # Once every requested topic is subscribed, and a probe has arrived. Until then:
        self._connection: RedisConnection | None = None
        self._subscribed: set[str] = set()  # channels
        self._unacknowledged = 0  # channels
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
        await retry_forever(lambda: self._live(receiver), self._report)

    def silence(self) -> float:
        """Seconds since anything was received, the probe at least; infinite before the first time."""
        return time.monotonic() - self._received_at

    async def _live(self, receiver: LogReceiver) -> None:
        """One connection, from its making to its end, which is always an exception."""
        connection: RedisConnection | None = None
        probing: asyncio.Task[RedisError] | None = None
        self._subscribed.clear()
        try:
            async with asyncio.timeout(MAX_SILENCE_S) as patience:
                connection = await RedisConnection.connect(self._url)
                probing = asyncio.create_task(self._send_probes(connection))
                await self._subscribe_missing(connection)
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
                            elif channel.decode() == self._probe_channel:
                                await self._probed(connection, receiver)
                        elif kind == b"subscribe":
                            await self._acknowledged(connection, channel.decode())
        except OSError as error:
            if probing is not None and probing.done():
                raise probing.result() from error
            raise
        finally:
            if probing is not None:
                probing.cancel()
            for channel in list(self._acks):
                self._acknowledge(channel, LogAway("the connection to Redis was lost"))
            if self._connection is not None:
                self._connection = None
                receiver.disconnected()
            if connection is not None:
                connection.close()

    async def _acknowledged(self, connection: RedisConnection, channel: str) -> None:
        self._acknowledge(channel)
        if self._connection is not None:
            return  # nothing is missing any more: topics come and go, and none is kept here
        self._subscribed.add(channel)
        self._unacknowledged -= 1
        if self._unacknowledged == 0:
            await self._subscribe_missing(connection)

    async def _subscribe_missing(self, connection: RedisConnection) -> None:
        """Subscribe to what was requested meanwhile, too, before the connection is relied on."""
        missing = {self._probe_channel, *(self._prefix + topic for topic in self._topics)} - self._subscribed
        self._unacknowledged = len(missing)
        await _send(connection, "SUBSCRIBE", missing)
        if not missing:
            self._probe_due.set()

    async def _probed(self, connection: RedisConnection, receiver: LogReceiver) -> None:
        """A probe has come through the connection, which may not be relied on yet."""
        self.trouble = ""
        if self._connection is None and self._unacknowledged == 0:
            await self._subscribe_missing(connection)
        if self._connection is None and self._unacknowledged == 0:
            self._subscribed.clear()
            self._connection = connection
            receiver.restored()

    async def _send_probes(self, connection: RedisConnection) -> RedisError:
        """Return the reply by which this is not the Redis to be connected to, and close the connection."""
        task = asyncio.current_task()
        while True:
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # redis-py swallows it while it connects
            self._probe_due.clear()
            try:
                await self._probe(self._probe_channel)
            except (RedisError, OSError) as error:
                if isinstance(error, RedisError) and redis_errors.code(error) in redis_errors.MISDIRECTED:
                    connection.close()
                    return error
                self._report(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_S):
                    await self._probe_due.wait()

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

    def _report(self, error: Exception) -> None:
        trouble = redis_errors.trouble(error)
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble:
                logger.error("%s", trouble)
        if not isinstance(error, RedisError | OSError):
            logger.error("a reply of Redis could not be read: reconnecting", exc_info=error)
        elif not trouble:
            logger.warning("the subscription to Redis was lost: %r", error)

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


async def _send(connection: RedisConnection, command: str, channels: Iterable[str]) -> None:
    listed = list(channels)
    for start in range(0, len(listed), BATCH_SIZE):
        await connection.send(command, *listed[start : start + BATCH_SIZE])
