"""Where the scenes stand, and which instance plays each: shared by all instances, in Redis or in memory.

An instance plays a topic while it holds the topic's lease. One that is killed in the middle is succeeded by
another, which goes on from the step that was published last.
"""

from __future__ import annotations

import functools
import secrets
import time
from typing import NamedTuple, Protocol

from django.conf import settings
from redis.exceptions import RedisError

from hub.log import LogAway
from hub.log.redis_client import client

LEASE_MS = 2000
KEPT_S = 24 * 3600
ALIVE_S = 5.0  # since an instance announced itself
PREFIX = "hub:demo:"

# The lease's and the progress' key; the holder, how long it holds, the progress to record ("" for none) and
# for how long. Returns the progress, or nil where another holds the lease.
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4]) end
return redis.call('GET', KEYS[2]) or ''
"""
# The progress' key; what it has to be, and what it becomes.
_REPLACE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class Progress(NamedTuple):
    """How many ``steps`` of a run were published."""

    run: int
    steps: int

    @classmethod
    def parse(cls, text: str) -> Progress:
        run, _, steps = text.partition(" ")
        return cls(int(run or 0), int(steps or 0))

    def __str__(self) -> str:
        return f"{self.run} {self.steps}"


class PlaybackStore(Protocol):
    """All methods block, and raise `LogAway` while Redis cannot be reached."""

    def hold(self, topic: str, progress: Progress | None = None) -> Progress | None:
        """Acquire or renew the lease of a topic, and record the progress, if given. None: another has it."""

    def release(self, topic: str) -> None:
        """Let another instance play the topic at once."""

    def progress(self, topic: str) -> Progress: ...

    def replace(self, topic: str, old: Progress, new: Progress) -> bool:
        """Record a progress unless it has changed meanwhile."""

    def announce(self, instance: str) -> None:
        """This instance is alive."""

    def instances(self) -> list[str]:
        """The instances that are alive."""

    def once_in(self, name: str, seconds: float) -> bool:
        """Whether nobody has done this within so many seconds; from now on somebody has."""


class MemoryStore:
    """For the log in memory, which is of one process."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}

    def hold(self, topic: str, progress: Progress | None = None) -> Progress | None:
        if progress is not None:
            self._progress[topic] = progress
        return self.progress(topic)

    def release(self, topic: str) -> None:
        pass

    def progress(self, topic: str) -> Progress:
        return self._progress.get(topic, Progress(0, 0))

    def replace(self, topic: str, old: Progress, new: Progress) -> bool:
        if self.progress(topic) != old:
            return False
        self._progress[topic] = new
        return True

    def announce(self, instance: str) -> None:
        pass

    def instances(self) -> list[str]:
        return [settings.HUB_INSTANCE]

    def once_in(self, name: str, seconds: float) -> bool:
        return True


class RedisStore:
    """``holder`` names this process among all that have the same name."""

    def __init__(self, url: str) -> None:
        self._client = client(url, decode_responses=True)
        self._holder = secrets.token_hex(8)
        self._hold = self._client.register_script(_HOLD)
        self._replace = self._client.register_script(_REPLACE)

    def hold(self, topic: str, progress: Progress | None = None) -> Progress | None:
        values: list[str | int] = [self._holder, LEASE_MS, "" if progress is None else str(progress), KEPT_S]
        with _reported():
            text = self._hold([_lease(topic), _recorded(topic)], values)
        return None if text is None else Progress.parse(text)

    def release(self, topic: str) -> None:
        with _reported():
            if self._client.get(_lease(topic)) == self._holder:
                self._client.delete(_lease(topic))

    def progress(self, topic: str) -> Progress:
        with _reported():
            return Progress.parse(str(self._client.get(_recorded(topic)) or ""))

    def replace(self, topic: str, old: Progress, new: Progress) -> bool:
        expected = "" if old == Progress(0, 0) else str(old)
        with _reported():
            return bool(self._replace([_recorded(topic)], [expected, str(new), KEPT_S]))

    def announce(self, instance: str) -> None:
        with _reported():
            self._client.zadd(PREFIX + "instances", {instance: time.time()})
            self._client.pexpire(PREFIX + "instances", KEPT_S * 1000)

    def instances(self) -> list[str]:
        with _reported():
            found = self._client.zrangebyscore(PREFIX + "instances", time.time() - ALIVE_S, "+inf")
        return [str(name) for name in found]

    def once_in(self, name: str, seconds: float) -> bool:
        with _reported():
            return bool(self._client.set(f"{PREFIX}once:{name}", "1", nx=True, px=int(seconds * 1000)))


class _reported:
    """Errors of redis-py as the hub's own."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (RedisError, OSError)):
            raise LogAway(f"Redis: {error}") from error


# The braces keep both keys of a topic on one shard of a Redis Cluster.
def _lease(topic: str) -> str:
    return f"{PREFIX}{{{topic}}}:lease"


def _recorded(topic: str) -> str:
    return f"{PREFIX}{{{topic}}}:progress"


@functools.cache
def shared_store() -> PlaybackStore:
    return RedisStore(settings.HUB_REDIS_URL) if settings.HUB_REDIS_URL else MemoryStore()
