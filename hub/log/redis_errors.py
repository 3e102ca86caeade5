"""Error replies of Redis that concern all appends: what to do, and whether another connection may help.

`LOADING` and its like pass by themselves; of the others a person has to know.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis import exceptions

from hub.log import LogAway, LogRefused

OUTAGE_S = 0.5  # after a failure appends are refused at once for so long, instead of waiting again
FAILURES = (exceptions.RedisError, OSError)

REMEDIES = {
    "READONLY": "it is a replica: HUB_REDIS_URL has to lead to the master",
    "MASTERDOWN": "it is a replica that has lost its master: HUB_REDIS_URL has to lead to the master",
    "MOVED": "the log is on another node of its cluster: HUB_REDIS_URL has to lead to a single Redis",
    "CLUSTERDOWN": "its cluster is down: HUB_REDIS_URL has to lead to a single Redis",
    "LOADING": "it is loading its data, and takes appends by itself once it has",
    "OOM": "its memory is full: raise maxmemory, or lower HUB_LOG_MAX_BYTES or HUB_LOG_TTL_S",
    "MISCONF": "it cannot save its data: see its log, and whether its disk is full",
    "NOREPLICAS": "too few of its replicas are connected (min-replicas-to-write)",
    "NOPERM": "its user lacks a permission that the hub needs: see docs/operations/redis.acl",
    "WRONGPASS": "user or password are wrong: correct HUB_REDIS_URL",
}

# Where the address may lead to another server by now: a virtual address, a balancer, a name.
MISDIRECTED = {"READONLY", "MASTERDOWN", "MOVED", "CLUSTERDOWN"}

# Errors about a request, not about Redis: a key of another type, a stream that another program wrote.
_OF_REQUESTS = ("WRONGTYPE", "equal or smaller than the target", "attempt to")

# redis-py takes the code away from the text of those that it knows.
_CLASSES = {
    exceptions.ReadOnlyError: "READONLY",
    exceptions.MasterDownError: "MASTERDOWN",
    exceptions.MovedError: "MOVED",
    exceptions.ClusterDownError: "CLUSTERDOWN",
    exceptions.BusyLoadingError: "LOADING",
    exceptions.OutOfMemoryError: "OOM",
    exceptions.NoPermissionError: "NOPERM",
    exceptions.AuthenticationError: "WRONGPASS",
}
# Before Redis 7 an error in a script is a text that contains it. Some have other words for it.
_CODE = re.compile(rf"(?:^|[\s:-])({'|'.join(REMEDIES)})\b")
_WORDS = {"NOAUTH": "WRONGPASS", "The user executing the script can't": "NOPERM"}


def code(error: Exception) -> str:
    """The code of an error reply that concerns all appends; empty for any other error."""
    text = str(error)
    for kind, known in _CLASSES.items():
        if isinstance(error, kind):
            return known
    for words, known in _WORDS.items():
        if words in text:
            return known
    found = _CODE.search(text)
    return found[1] if found else ""


def is_about_request(error: Exception) -> bool:
    """Whether the request is at fault, not Redis."""
    if isinstance(error, exceptions.ResponseError):
        return any(words in str(error) for words in _OF_REQUESTS)
    return isinstance(error, exceptions.DataError)


def trouble(error: Exception) -> str:
    """What is wrong with Redis and what to do, for `/readyz` and the doctor; empty if no such reply."""
    name = code(error)
    return f"Redis refuses appends with {name}: {REMEDIES[name]}" if name else ""


class RedisOutage:
    """Whether Redis takes appends now, by the errors of those before.

    ``disconnect`` drops connections that may lead to another Redis by now.
    """

    def __init__(self, disconnect: Callable[[], None]) -> None:
        self._disconnect = disconnect
        self._until = 0.0

    def check(self) -> None:
        """Raise `LogAway` for a moment after a failure."""
        if time.monotonic() < self._until:
            raise LogAway("Redis did not answer a moment ago")

    @contextmanager
    def checked(self) -> Iterator[None]:
        """`check`, and raise `failure` for an error of Redis."""
        self.check()
        try:
            yield
        except FAILURES as error:
            raise self.failure(error) from error

    def failure(self, error: exceptions.RedisError | OSError) -> LogAway:
        """What the log raises for an error; unless it is about the request, the outage begins with it."""
        if is_about_request(error):
            return LogRefused(f"Redis: {error}")
        self._until = time.monotonic() + OUTAGE_S
        if code(error) in MISDIRECTED:
            self._disconnect()
        return LogAway(f"Redis: {error}")
