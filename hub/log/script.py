"""The Lua scripts of the log, the names of its data in Redis, and the arguments of append.lua."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub.events import Draft
from hub.log import KeyReused, LogFull, Overtaken, RateExceeded, Terms, rates

# The braces keep every key on one shard of a Redis Cluster. The number goes up when topics or entries change
# their meaning: then the log begins anew, and readers are sent the rows of what they missed.
PREFIX = "hub:2:{s0}:"
# The first keys of every script: the last position assigned, that from which the data are complete, the time
# at the last probe, and a key that expires unless there is another.
STATE = [PREFIX + name for name in ("last", "birth", "clock", "canary")]
VERSION = PREFIX + "version"  # the last one
SERVER, PROBES = PREFIX + "server", PREFIX + "probes"  # which Redis the data were last on; a stream
STREAM, KEY, CHANNEL = PREFIX + "t:", PREFIX + "k:", PREFIX + "c:"
REMOVED = PREFIX + "r:"  # positions removed from a topic, each with the one before it
MESSAGE_IDS, DAY = PREFIX + "said:", PREFIX + "day:"  # of a sender on a topic; how many of a sender today
DIGEST_BYTES = 9  # of a message's id, in the set of its sender
RATE = PREFIX + "m:"  # the moment up to which a topic's events have used its rate up
DONE, ACCOUNT = PREFIX + "d:", PREFIX + "o:"  # keys of `Terms` that were used; bytes by owner

_HERE = Path(__file__).parent
_COMMON = (_HERE / "common.lua").read_text()
APPEND, READ, PROBE, NEXT_VERSION = (
    _COMMON + (_HERE / f"{name}.lua").read_text() for name in ("append", "read", "probe", "version")
)

APPEND_SHA, PROBE_SHA = (
    hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for text in (APPEND, PROBE)
)


def probe_arguments(floor: int, channel: str = "") -> tuple[list[str], list[Any]]:
    """Keys and arguments of probe.lua."""
    return [*STATE, SERVER, PROBES], [floor, channel]


def verification(floor: int) -> list[tuple[Any, ...]]:
    """Commands that run probe.lua without a probe, on a connection of which nothing is known."""
    keys, values = probe_arguments(floor)
    return [("SCRIPT", "LOAD", PROBE), ("EVALSHA", PROBE_SHA, len(keys), *keys, *values)]


def arguments(
    drafts: Sequence[Draft], after: int | None, terms: Terms, limits: Sequence[int], share: int
) -> tuple[list[str], list[Any]]:
    """Keys and arguments of append.lua. ``limits`` are its first arguments, ``share`` is in bytes.

    Most events have only a topic, a type and a body, and come by the hundred; the others carry flags.
    """
    keys = [*STATE, DONE + terms.key]
    values: list[Any] = [*limits, "" if after is None else after, terms.digest if terms.key else ""]
    values += [terms.owner, share, terms.extra_bytes, ACCOUNT, CHANNEL, len(STREAM)]
    rated = rates.limited(drafts)
    values.append(len(rated))
    for topic, rate, events in rated:
        keys.append(RATE + topic)
        values += (topic, rate, events)
    for draft in drafts:
        keys.append(STREAM + draft.topic)
        if draft.owner == terms.owner and not (draft.key or draft.sender or draft.removes):
            values += (draft.type, draft.body, "")
        else:
            _add(draft, terms.owner, keys, values)
    return keys, values


def refused(reply: Sequence[Any]) -> Exception:
    """What a reply of append.lua refuses."""
    match reply[0]:
        case b"overtaken":
            return Overtaken(int(reply[1]))
        case b"full":
            return LogFull(int(reply[1]))
        case b"rate":
            return RateExceeded(reply[1].decode(), float(reply[2]), int(reply[3]), int(reply[4]))
    return KeyReused()


def _add(draft: Draft, owner: str, keys: list[str], values: list[Any]) -> None:
    """Add an event that has more than a topic, a type and a body."""
    flags = ""
    more: list[Any] = []
    if draft.owner != owner:
        flags += "o"
        more.append(draft.owner)
    if draft.sender:
        flags += "s"
        keys += [f"{MESSAGE_IDS}{draft.topic}:{draft.sender}", DAY + draft.sender]
        more += [_digest(draft.key), draft.daily]
    elif draft.key:
        flags += "k"
        keys.append(KEY + draft.key)
    if draft.removes:
        flags += "r"
        keys += [KEY + draft.removes, REMOVED + draft.topic]
    values += [draft.type, draft.body, flags, *more]


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()
