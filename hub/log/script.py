"""The Lua scripts of the log, the names of its data in Redis, and the arguments of append.lua."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hub.events import Draft
from hub.log import KeyReused, LogFull, Overtaken, RateExceeded, Terms, rates
from hub.log.retention import Retention, policed, retention
from hub.log.series import OutOfSeries

# The braces keep every key on one shard of a Redis Cluster. The number goes up when topics or entries change
# their meaning: then the log begins anew, and readers are sent the rows of what they missed.
PREFIX = "hub:2:{s0}:"
# The first keys of every script: the last position assigned, that from which the data are complete, the time
# at the last probe, and a key that expires unless there is another.
STATE = [PREFIX + name for name in ("last", "birth", "clock", "canary")]
VERSION = PREFIX + "version"  # the last one
SERVER, PROBES = PREFIX + "server", PREFIX + "probes"  # which Redis the data were last on; a stream
STREAM, KEY, CHANNEL = PREFIX + "t:", PREFIX + "k:", PREFIX + "c:"
VALUES, VALUES_ORDER = PREFIX + "v:", PREFIX + "vo:"  # the last event of each key; the keys by position
REMOVED = PREFIX + "r:"  # positions removed from a topic, each with the one before it
EDITS = PREFIX + "e:"  # of a topic: the last edit of each event, and which events were ended
KINDS = (STREAM, REMOVED, VALUES, VALUES_ORDER, EDITS)  # all that there is of a topic
MESSAGE_IDS, DAY = PREFIX + "said:", PREFIX + "day:"  # of a sender on a topic; how many of a sender today
DIGEST_BYTES = 9  # of a message's id, in the set of its sender
RATE = PREFIX + "m:"  # the moment up to which a topic's events have used its rate up
DONE, ACCOUNT = PREFIX + "d:", PREFIX + "o:"  # keys of `Terms` that were used; bytes by owner

_SCRIPTS = Path(__file__).with_name("scripts")
_COMMON = (_SCRIPTS / "common.lua").read_text()
APPEND, READ, LATEST, PROBE, NEXT_VERSION, EXTENT = (
    _COMMON + (_SCRIPTS / f"{name}.lua").read_text()
    for name in ("append", "read", "latest", "probe", "version", "extent")
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


class Limits(NamedTuple):
    """``default`` is for topics without a policy, ``share`` of an owner in bytes."""

    floor: int
    default: Retention
    key_ttl_s: int
    share: int


def arguments(
    drafts: Sequence[Draft], after: int | None, terms: Terms, limits: Limits
) -> tuple[list[str], list[Any]]:
    """Keys and arguments of append.lua.

    Most events have only a topic, a type and a body, and come by the hundred; the others carry flags.
    """
    keys = [*STATE, DONE + terms.key]
    default = limits.default
    values: list[Any] = [limits.floor, default.events, default.bytes, default.age, limits.key_ttl_s]
    digest = f"~{terms.digest} {terms.follows}" if terms.series else terms.digest
    values += ["" if after is None else after, digest if terms.key else ""]
    values += [terms.owner, limits.share, terms.extra_bytes, ACCOUNT, CHANNEL, len(STREAM)]
    rated = rates.limited(drafts)
    values.append(len(rated))
    for topic, rate, events in rated:
        keys.append(RATE + topic)
        values += (topic, rate, events)
    for draft in drafts:
        keys.append(STREAM + draft.topic)
        kept = policed(draft.topic, default)
        plain = not (draft.key or draft.sender or draft.removes or draft.edits)
        if plain and kept is None and draft.owner == terms.owner:
            values += (draft.type, draft.body, "")
        else:
            _add(draft, kept, terms.owner, keys, values)
    return keys, values


def reading(
    topics: Sequence[str], after: Mapping[str, int], limit: int, floor: int, default: Retention
) -> tuple[list[str], list[Any]]:
    """Keys and arguments of read.lua, for ``limit`` events of each topic."""
    keys = [*STATE, *(kind + topic for topic in topics for kind in (STREAM, REMOVED))]
    values: list[Any] = [floor, default.age, limit]
    kept = ((after[topic], policed(topic, default)) for topic in topics)
    return keys, values + [position if one is None else f"{position} {one.age}" for position, one in kept]


def reading_latest(topics: Sequence[str], floor: int, default: Retention) -> tuple[list[str], list[Any]]:
    """Keys and arguments of latest.lua."""
    keys = [*STATE, *(kind + topic for topic in topics for kind in (STREAM, VALUES))]
    return keys, [floor, *(retention(topic, default).values for topic in topics)]


def refused(reply: Sequence[Any]) -> Exception:
    """What a reply of append.lua refuses."""
    match reply[0]:
        case b"overtaken":
            return Overtaken(int(reply[1]))
        case b"full":
            return LogFull(int(reply[1]))
        case b"series":
            return OutOfSeries(reply[1].decode())
        case b"rate":
            return RateExceeded(reply[1].decode(), float(reply[2]), int(reply[3]), int(reply[4]))
    return KeyReused()


def _add(draft: Draft, kept: Retention | None, owner: str, keys: list[str], values: list[Any]) -> None:
    """Add an event that has more than a topic, a type and a body, or whose topic has a policy."""
    flags = ""
    more: list[Any] = []
    if kept is not None:
        flags += "h"
        more += [kept.events, kept.bytes, kept.age, kept.lifetime]
        if kept.values:
            flags += "l"
            keys += [VALUES + draft.topic, VALUES_ORDER + draft.topic]
            more += [draft.value_key, kept.values]
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
    if draft.edits:
        flags += "e"
        keys += [EDITS + draft.topic, REMOVED + draft.topic]
        more += [draft.edits, "1" if draft.ends else ""]
    values += [draft.type, draft.body, flags, *more]


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()
