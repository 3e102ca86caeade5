"""Error replies of Redis that concern all appends: what to do, and whether another connection may help.

`LOADING` and its like pass by themselves; of the others a person has to know.
"""

from __future__ import annotations

import re

from redis import exceptions

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
