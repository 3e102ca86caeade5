"""The log of a hub of many instances: streams and pub/sub of one Redis."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis.exceptions import DataError, RedisError, ResponseError

from hub.events import Draft, Event
from hub.log import (
    KEY_TTL_S,
    MAX_BYTES,
    MEMORY,
    PLAIN,
    SHARE,
    Appended,
    LogAway,
    LogFull,
    LogReceiver,
    LogRefused,
    Overtaken,
    Page,
    Reused,
    Terms,
    entries,
    page,
    script,
    share,
)
from hub.log.redis_client import async_client, client
from hub.log.redis_subscription import RedisSubscription
from hub.log.script import BIRTH, CHANNEL, LAST, PREFIX, REMOVED, STREAM
from hub.support.faults import malformed

READS = 8  # at a time, each on a connection of its own: a storm of readers waits here
PLACES = 8  # at a time, apart from the reads, so that no storm of readers holds up what is said
SLICE = 500  # topics one read looks at
MEMORY_S = 60  # for so long is known how much memory Redis may take
AWAY_S = 0.5  # after a failure, appends are refused at once for so long instead of waiting again
# What Redis says when it is about what was asked, whatever else it can do: a key that holds something else, a
# stream that somebody else has written to.
OF_ITS_OWN = ("WRONGTYPE", "equal or smaller than the target", "attempt to")

_HERE = Path(__file__).parent


class RedisLog:
    """The `Log` of many instances, made by `hub.log.current`."""

    def __init__(
        self,
        url: str,
        max_events: int,
        ttl_s: float,
        instance: str,
        *,
        max_bytes: int = MAX_BYTES,
        share: float = SHARE,
    ) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._share = share
        self._memory, self._memory_until = MEMORY, 0.0
        self._ttl = int(ttl_s * 1_000_000)
        self._key_ttl_s = max(KEY_TTL_S, math.ceil(ttl_s))
        self._floor = 0
        self._away_until = 0.0
        self._reading = asyncio.Semaphore(READS)
        self._placing = asyncio.Semaphore(PLACES)
        self._client = client(url)
        read = (_HERE / "read.lua").read_text()
        append = (_HERE / "append.lua").read_text()
        self._append = self._client.register_script(append)
        self._head = self._client.register_script(read)
        self._aclient = async_client(url)
        self._read = self._aclient.register_script(read)
        self._place = self._aclient.register_script(append)
        self._subscription = RedisSubscription(
            url, self._aclient.publish, prefix=CHANNEL, probe=f"{PREFIX}probe:{instance}"
        )

    def append(self, drafts: Sequence[Draft], terms: Terms = PLAIN) -> list[int]:
        with self._asking():
            if terms.owner and self._memory_until < time.monotonic():
                self._ask_memory()
            answer = self._append(*self._appending(drafts, None, terms))
        return self._positions(answer)

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        async with self._placing:
            with self._asking():
                answer = await self._place(*self._appending(drafts, after))
        return self._placed(answer)

    def head(self) -> int:
        with self._asking():
            (head,) = self._head([LAST, BIRTH], [self._floor, self._ttl, 0])
        return int(head)

    async def read(self, after: Mapping[str, int]) -> Page:
        # In slices, so that no instance makes Redis, and with it all others, wait for long.
        topics = list(after)
        slices = [topics[i : i + SLICE] for i in range(0, len(topics), SLICE)] or [topics]
        limit = share(len(topics))
        found, gaps, heads = [], [], []
        for some in slices:
            keys = [LAST, BIRTH, *(kind + topic for topic in some for kind in (STREAM, REMOVED))]
            arguments = [self._floor, self._ttl, limit, *(after[topic] for topic in some)]
            try:
                async with self._reading:
                    head, *rows = await self._read(keys, arguments)
            except (RedisError, OSError) as error:
                raise LogAway(f"Redis: {error}") from error
            heads.append(int(head))
            for topic, (gap, cut, flat) in zip(some, rows, strict=True):
                found.append(_events(topic, flat, cut))
                if gap:
                    gaps.append(topic)
        self.seen(max(heads))
        return page(found, frozenset(gaps), min(heads))

    def forget(self, topics: Sequence[str]) -> None:
        with self._asking():
            for topic in topics:
                self._client.delete(STREAM + topic, REMOVED + topic)

    async def subscribe(self, topics: Sequence[str]) -> None:
        await self._subscription.subscribe(topics)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        await self._subscription.unsubscribe(topics)

    async def listen(self, receiver: LogReceiver) -> None:
        try:
            await self._subscription.run(receiver)
        finally:
            await self._aclient.aclose()

    def seen(self, position: int) -> None:
        # Positions come back from Redis, so a lost race between threads costs nothing: the floor
        # only has to be as high as something Redis said.
        self._floor = max(self._floor, position)

    def silence(self) -> float:
        return self._subscription.silence()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if time.monotonic() < self._away_until:
            raise LogAway("Redis did not answer a moment ago")
        try:
            yield
        except (RedisError, OSError) as error:
            if _is_of_its_own(error):
                raise LogRefused(f"Redis: {error}") from error
            self._away_until = time.monotonic() + AWAY_S
            raise LogAway(f"Redis: {error}") from error

    def _ask_memory(self) -> None:
        found: Any = self._client.info("memory")
        self._memory = int(found.get("maxmemory", 0)) or MEMORY
        self._memory_until = time.monotonic() + MEMORY_S

    def _appending(
        self, drafts: Sequence[Draft], after: int | None, terms: Terms = PLAIN
    ) -> tuple[list[str], list[Any]]:
        """The keys and arguments of append.lua."""
        limits = [self._floor, self._max_events, self._max_bytes, self._ttl, self._key_ttl_s]
        return script.appending(drafts, after, terms, limits, int(self._share * self._memory))

    def _positions(self, answer: list[Any]) -> list[int]:
        """What append.lua answered, without whether each was fresh; raise what it refused."""
        match answer[0]:
            case b"overtaken":
                self.seen(int(answer[1]))
                raise Overtaken(int(answer[1]))
            case b"full":
                raise LogFull(int(answer[1]))
            case b"reused":
                raise Reused
        positions = list(map(int, answer[1::2]))
        self.seen(max(positions, default=0))
        return positions

    def _placed(self, answer: list[Any]) -> list[Appended]:
        return [
            Appended(position, bool(fresh))
            for position, fresh in zip(self._positions(answer), answer[2::2], strict=True)
        ]


def _is_of_its_own(error: Exception) -> bool:
    """Whether it is about what was asked, and not about Redis."""
    if isinstance(error, ResponseError):
        return any(word in str(error) for word in OF_ITS_OWN)
    return isinstance(error, DataError)


def _events(topic: str, flat: list[bytes], cut: int) -> tuple[list[Event], int | None]:
    """Those of a topic that are events of ours, and the position at which they were cut, if so."""
    events = []
    fields = iter(flat)
    for position, previous, type, body in zip(fields, fields, fields, fields, strict=True):
        try:
            events.append(entries.entry(topic, position, previous, type, body))
        except entries.Malformed as error:
            malformed.record("entry", topic, error)
    return events, int(flat[-4]) if cut else None
