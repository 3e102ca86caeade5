"""The log of a hub of several instances: streams and pub/sub of one Redis."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import RedisError

from hub.events import Draft
from hub.log import (
    DEFAULT_OWNER_SHARE,
    KEY_TTL_S,
    MAX_TOPIC_BYTES,
    MICROSECONDS,
    NO_TERMS,
    Appended,
    LogAway,
    LogReceiver,
    OnAppended,
    Overtaken,
    Page,
    Terms,
    TopicPage,
    Values,
    events_per_topic,
    merge,
    redis_errors,
    replies,
    script,
)
from hub.log.group_commit import GroupCommit
from hub.log.grouped_appends import GroupedAppends
from hub.log.measures import RedisMeasures
from hub.log.memory_limit import MemoryLimit
from hub.log.redis_client import async_client, client
from hub.log.redis_errors import FAILURES, RedisOutage
from hub.log.redis_subscription import RedisSubscription
from hub.log.retention import Retention
from hub.log.script import CHANNEL, PREFIX, STATE

MAX_READS = 8  # at a time, each on a connection of its own: many that reconnect at once wait here
MAX_APPENDS = 8  # of `append_if` at a time, apart from the reads, which do not hold up messages of rooms
TOPICS_PER_READ = 500


class RedisLog:
    """A `Log` in Redis. ``instance`` names the channel of its probes."""

    def __init__(
        self,
        url: str,
        max_events: int,
        ttl_s: float,
        instance: str,
        *,
        max_bytes: int = MAX_TOPIC_BYTES,
        owner_share: float = DEFAULT_OWNER_SHARE,
    ) -> None:
        self._owner_share = owner_share
        self._memory = MemoryLimit()
        ttl = int(ttl_s * MICROSECONDS)
        self._default = Retention(max_events, max_bytes, ttl, ttl)
        self._key_ttl_s = max(KEY_TTL_S, math.ceil(ttl_s))
        self._floor = 0
        self._outage = RedisOutage(self._disconnect)
        self._reading = asyncio.Semaphore(MAX_READS)
        self._appending = asyncio.Semaphore(MAX_APPENDS)
        self._client = client(url, redis_connect_func=self._verify)
        self.measures = RedisMeasures(self._client, self._outage.checked, self._default)
        self._append = self._client.register_script(script.APPEND)
        self._read_head = self._client.register_script(script.READ)
        self._next_version = self._client.register_script(script.NEXT_VERSION)
        self._group = GroupCommit(url, self._preparation)
        self._grouped = GroupedAppends(
            self._group, self._outage, self._memory, self._arguments, self._positions
        )
        self._async_client = async_client(url, redis_connect_func=self._async_verify)
        self._async_append = self._async_client.register_script(script.APPEND)
        self._async_read = self._async_client.register_script(script.READ)
        self._async_latest = self._async_client.register_script(script.LATEST)
        self._async_probe = self._async_client.register_script(script.PROBE)
        self._subscription = RedisSubscription(
            url, self._probe, prefix=CHANNEL, probe_channel=f"{PREFIX}probe:{instance}"
        )

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        with self._outage.checked():
            if terms.owner and self._memory.due():
                self._memory.read(self._client.info("memory"))
            reply = self._append(*self._arguments(drafts, None, terms))
        return self._positions(reply)

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        return await self._grouped.append(drafts, terms)

    def append_soon(self, drafts: Sequence[Draft], terms: Terms, done: OnAppended) -> None:
        self._grouped.append_soon(drafts, terms, done)

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        async with self._appending:
            with self._outage.checked():
                async with self._leaving_replicas():
                    reply = await self._async_append(*self._arguments(drafts, after))
        return self._appended(reply)

    def head(self) -> int:
        with self._outage.checked():
            head, _ = self._read_head(STATE, [self._floor, self._default.age, 0])
        return int(head)

    def version(self) -> int:
        with self._outage.checked():
            return int(self._next_version([*STATE, script.VERSION], [self._floor]))

    async def read(self, after: Mapping[str, int], limit: int = 0) -> Page:
        # In slices, so that no instance keeps Redis, and with it all others, waiting for long.
        topics = list(after)
        slices = [topics[i : i + TOPICS_PER_READ] for i in range(0, len(topics), TOPICS_PER_READ)] or [topics]
        limit = limit or events_per_topic(len(topics))
        found: dict[str, TopicPage] = {}
        heads, births = [], []
        for some in slices:
            arguments = script.reading(some, after, limit, self._floor, self._default)
            async with self._reads():
                head, birth, *rows = await self._async_read(*arguments)
            heads.append(int(head))
            births.append(int(birth))
            found |= {topic: replies.topic_page(topic, *row) for topic, row in zip(some, rows, strict=True)}
        self.seen(max(heads))
        return merge(found, min(heads), max(births))

    async def latest(self, topics: Sequence[str]) -> Values:
        arguments = script.reading_latest(topics, self._floor, self._default)
        async with self._reads():
            head, *rows = await self._async_latest(*arguments)
        self.seen(int(head))
        found = zip(topics, rows, strict=True)
        return Values({topic: replies.values(topic, row) for topic, row in found}, int(head))

    def forget(self, topics: Sequence[str]) -> None:
        with self._outage.checked():
            for topic in topics:
                self._client.delete(*(kind + topic for kind in script.KINDS))

    async def subscribe(self, topics: Sequence[str]) -> None:
        await self._subscription.subscribe(topics)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        await self._subscription.unsubscribe(topics)

    async def listen(self, receiver: LogReceiver) -> None:
        try:
            await self._subscription.run(receiver)
        finally:
            self._group.close()
            await self._async_client.aclose()

    def seen(self, position: int) -> None:
        # Positions come back from Redis, so a lost race between threads costs nothing: the floor
        # only has to be as high as some position in a reply.
        self._floor = max(self._floor, position)

    def silence(self) -> float:
        return self._subscription.silence()

    def trouble(self) -> str:
        return self._subscription.trouble

    def _verify(self, connection: Any) -> None:
        """Called by redis-py for a new connection, which may be to another Redis than the last one."""
        connection.on_connect()
        for command in script.verification(self._floor):
            connection.send_command(*command)
            connection.read_response()

    async def _async_verify(self, connection: Any) -> None:
        await connection.on_connect()
        for command in script.verification(self._floor):
            await connection.send_command(*command)
            await connection.read_response()

    def _preparation(self) -> list[tuple[Any, ...]]:
        return [*script.verification(self._floor), ("SCRIPT", "LOAD", script.APPEND)]

    async def _probe(self, channel: str) -> None:
        """Append and publish a probe; raises `RedisError` or `OSError`."""
        async with self._leaving_replicas():
            self.seen(int(await self._async_probe(*script.probe_arguments(self._floor, channel))))

    def _disconnect(self) -> None:
        self._client.connection_pool.disconnect(inuse_connections=False)

    @asynccontextmanager
    async def _leaving_replicas(self) -> AsyncIterator[None]:
        """Drop the event loop's connections if one leads to no master. Calls of threads drop theirs."""
        try:
            yield
        except RedisError as error:
            if redis_errors.code(error) in redis_errors.MISDIRECTED:
                await self._async_client.connection_pool.disconnect(inuse_connections=False)
            raise

    @asynccontextmanager
    async def _reads(self) -> AsyncIterator[None]:
        try:
            async with self._reading, self._leaving_replicas():
                yield
        except FAILURES as error:
            raise LogAway(f"Redis: {error}") from error

    def _arguments(
        self, drafts: Sequence[Draft], after: int | None, terms: Terms = NO_TERMS
    ) -> tuple[list[str], list[Any]]:
        """The keys and arguments of append.lua."""
        share = int(self._owner_share * self._memory.bytes)
        limits = script.Limits(self._floor, self._default, self._key_ttl_s, share)
        return script.arguments(drafts, after, terms, limits)

    def _positions(self, reply: list[Any]) -> list[int]:
        """The positions in a reply of append.lua; raises what the reply refuses."""
        if reply[0]:
            refused = script.refused(reply)
            if isinstance(refused, Overtaken):
                self.seen(refused.position)
            raise refused
        positions = list(map(int, reply[1::2]))
        self.seen(max(positions, default=0))
        return positions

    def _appended(self, reply: list[Any]) -> list[Appended]:
        return [
            Appended(position, bool(fresh))
            for position, fresh in zip(self._positions(reply), reply[2::2], strict=True)
        ]
