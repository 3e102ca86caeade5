"""The log of a hub of one process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from hub.events import Draft, Event
from hub.log import (
    DEFAULT_MEMORY_BYTES,
    DEFAULT_OWNER_SHARE,
    ENTRY_BYTES,
    KEY_BYTES,
    KEY_TTL_S,
    MAX_TOPIC_BYTES,
    MICROSECONDS,
    NO_TERMS,
    Appended,
    KeyReused,
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
)
from hub.log.in_memory.accounts import Accounts
from hub.log.in_memory.expiry import drop_first
from hub.log.in_memory.message_ids import MessageIds
from hub.log.in_memory.streams import Streams
from hub.log.measures import MemoryMeasures
from hub.log.rates import TopicRates
from hub.log.retention import Retention
from hub.log.series import OutOfSeries


class MemoryLog:
    """A `Log` in memory. ``append`` may be called from any thread; the rest belongs to the event loop.

    Without a receiver the log is away: in a process that serves no one an event would vanish.
    """

    def __init__(
        self,
        max_events: int,
        ttl_s: float,
        clock: Callable[[], float] = time.time,
        *,
        max_bytes: int = MAX_TOPIC_BYTES,
        owner_share: float = DEFAULT_OWNER_SHARE,
    ) -> None:
        self._accounts = Accounts(int(owner_share * DEFAULT_MEMORY_BYTES))
        ttl = int(ttl_s * MICROSECONDS)
        self._default = Retention(max_events, max_bytes, ttl, ttl)
        self._key_ttl = max(KEY_TTL_S * MICROSECONDS, ttl)
        self._clock = clock
        self._lock = threading.Lock()
        self._streams = Streams(self._default, self._accounts)
        self.measures = MemoryMeasures(self._streams, self._lock, self._now, lambda: self._loop is not None)
        self._keys: OrderedDict[str, int] = OrderedDict()  # in order of their last use
        self._message_ids = MessageIds(self._now)
        self._rates = TopicRates(self._now)
        # By key of `Terms`: when it was used, the positions, and the digest.
        self._done: OrderedDict[str, tuple[int, list[int], str]] = OrderedDict()
        self._topics: set[str] = set()
        self._last = self._birth = self._latest = self._version = self._now()
        self._receiver: LogReceiver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        return [appended.position for appended in self._append(drafts, None, terms)]

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        return self.append(drafts, terms)

    def append_soon(self, drafts: Sequence[Draft], terms: Terms, done: OnAppended) -> None:
        result: list[int] | Exception
        try:
            result = self.append(drafts, terms)
        except Exception as error:
            result = error
        done(result)

    async def append_if(self, drafts: Sequence[Draft], after: int | None = None) -> list[Appended]:
        return self._append(drafts, after)

    def head(self) -> int:
        with self._lock:
            return self._last

    def version(self) -> int:
        with self._lock:
            self._version = max(self._version + 1, self._last, self._now())
            return self._version

    async def read(self, after: Mapping[str, int], limit: int = 0) -> Page:
        with self._lock:
            self._expire()
            limit = limit or events_per_topic(len(after))
            found = {topic: self._read(topic, position, limit) for topic, position in after.items()}
            return merge(found, self._last, self._birth)

    async def latest(self, topics: Sequence[str]) -> Values:
        with self._lock:
            self._expire()
            now = self._now()
            return Values({topic: self._streams.values(topic, now) for topic in topics}, self._last)

    def forget(self, topics: Sequence[str]) -> None:
        with self._lock:
            self._streams.forget(topics)

    async def subscribe(self, topics: Sequence[str]) -> None:
        with self._lock:
            self._topics.update(topics)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        with self._lock:
            self._topics.difference_update(topics)

    async def listen(self, receiver: LogReceiver) -> None:
        with self._lock:
            self._receiver, self._loop = receiver, asyncio.get_running_loop()
        receiver.restored()
        try:
            await asyncio.Event().wait()
        finally:
            with self._lock:
                self._receiver = self._loop = None

    def seen(self, position: int) -> None:
        with self._lock:
            if position > self._last:
                self._last = self._birth = position

    def trouble(self) -> str:
        return ""

    def silence(self) -> float:
        return 0.0 if self._loop is not None else float("inf")

    def _append(self, drafts: Sequence[Draft], after: int | None, terms: Terms = NO_TERMS) -> list[Appended]:
        with self._lock:
            if self._loop is None:
                raise LogAway("the memory log has no receiver in this process")
            self._expire()
            if after is not None:
                self._check_after(drafts, after)
            if terms.key in self._done:
                _, positions, digest = self._done[terms.key]
                if digest == terms.digest:
                    return [Appended(position, False) for position in positions]
                if not terms.series:
                    raise KeyReused
                if terms.follows and digest != terms.follows:
                    raise OutOfSeries(digest)
            if terms.owner:
                self._check_share(drafts, terms)
            self._rates.spend(drafts)
            appended = [self._append_one(draft) for draft in drafts]
            if terms.key and appended:
                now = self._now()
                self._done[terms.key] = now, [one.position for one in appended], terms.digest
                self._accounts.count(terms.owner, now, now, self._key_ttl, KEY_BYTES)
            return appended

    def _check_share(self, drafts: Sequence[Draft], terms: Terms) -> None:
        bytes = terms.extra_bytes + (KEY_BYTES if terms.key else 0)
        bytes += sum(len(draft.type) + len(draft.body) + ENTRY_BYTES for draft in drafts)
        self._accounts.check(terms.owner, self._now(), bytes)

    def _check_after(self, drafts: Sequence[Draft], after: int) -> None:
        for draft in drafts:
            stood = self._streams.last(draft.topic)
            if stood > after and self._used(draft) is None:
                raise Overtaken(stood)

    def _used(self, draft: Draft) -> int | None:
        """The position of an event that was appended under this draft's key."""
        return self._message_ids.position(draft) if draft.sender else self._keys.get(draft.key)

    def _append_one(self, draft: Draft) -> Appended:
        used = self._used(draft)
        if used is not None:
            return Appended(used, False)
        if draft.sender and self._message_ids.over_daily(draft):
            return Appended(0, False)
        if draft.edits and self._streams.is_ended(draft.topic, draft.edits):
            return Appended(-1, False)
        now = self._now()
        position = max(self._last + 1, now)
        last = self._streams.last(draft.topic) or self._silent_since()
        event = Event(position, max(self._birth, last), draft.topic, draft.type, draft.body)
        self._streams.add(event, draft.owner, draft.value_key, now)
        self._last = position
        if draft.sender:
            self._message_ids.remember(draft, position)
        elif draft.key:
            self._keys[draft.key] = position
        if draft.removes:
            self._remove(draft, position)
        if draft.edits:
            self._streams.edit(event, draft.edits, draft.ends, now)
        if draft.topic in self._topics and self._loop and self._receiver:
            # Inside the lock, so that events are received in order whatever thread appends.
            self._loop.call_soon_threadsafe(self._receiver.received, event)
        return Appended(position, True)

    def _remove(self, draft: Draft, by: int) -> None:
        if draft.removes in self._keys:
            self._streams.remove(draft.topic, self._keys[draft.removes], self._now())
        else:
            self._keys[draft.removes] = by

    def _read(self, topic: str, after: int, limit: int) -> TopicPage:
        page = self._streams.page(topic, after, self._birth, limit, self._now())
        return page or TopicPage([], max(self._birth, self._silent_since()) > after, None)

    def _silent_since(self) -> int:
        """A topic without a stream had no event after this position, whichever way the clock went since."""
        return min(self._last, max(self._latest, self._last) - self._default.age)

    def _expire(self) -> None:
        now = self._now()
        self._latest = max(self._latest, now)
        self._streams.expire(now)
        drop_first(self._keys, lambda position: position < now - self._key_ttl)
        drop_first(self._done, lambda done: done[0] < now - self._key_ttl)
        self._message_ids.expire()

    def _now(self) -> int:
        return int(self._clock() * MICROSECONDS)
