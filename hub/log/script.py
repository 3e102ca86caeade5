"""What the log's data are called in Redis, and what append.lua is given."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from hub.events import Draft
from hub.log import Terms

# The braces keep every key on one shard of a Redis Cluster. The number goes up when topics or entries come to
# mean something else: then the log begins anew, and readers are given the rows of what they missed.
PREFIX = "hub:2:{s0}:"
LAST, BIRTH = PREFIX + "last", PREFIX + "birth"
STREAM, KEY, CHANNEL = PREFIX + "t:", PREFIX + "k:", PREFIX + "c:"
REMOVED = PREFIX + "r:"  # what was taken back of a topic, and what had stood before it
SAID, DAY = PREFIX + "said:", PREFIX + "day:"  # of a topic's sender; of a sender
DIGEST = 9  # bytes of a key that a sender's set remembers
DONE, ACCOUNT = PREFIX + "d:", PREFIX + "o:"  # what was done once as a whole, and how much is whose


def appending(
    drafts: Sequence[Draft], after: int | None, terms: Terms, limits: Sequence[int], share: int
) -> tuple[list[str], list[Any]]:
    """Keys and arguments. ``limits`` are its first arguments, ``share`` is in bytes.

    Most events have a topic, a type and a body alone, and come by the hundred: what has more says so.
    """
    keys = [LAST, BIRTH, DONE + terms.key]
    arguments: list[Any] = [*limits, "" if after is None else after, terms.digest if terms.key else ""]
    arguments += [terms.owner, share, terms.besides, ACCOUNT, CHANNEL, len(STREAM)]
    for draft in drafts:
        keys.append(STREAM + draft.topic)
        if draft.owner == terms.owner and not (draft.key or draft.sender or draft.removes):
            arguments += (draft.type, draft.body, "")
        else:
            _add(draft, terms.owner, keys, arguments)
    return keys, arguments


def _add(draft: Draft, owner: str, keys: list[str], arguments: list[Any]) -> None:
    """Add what an event is that has more than its topic, type and body."""
    how = ""
    more: list[Any] = []
    if draft.owner != owner:
        how += "o"
        more.append(draft.owner)
    if draft.sender:
        how += "s"
        keys += [f"{SAID}{draft.topic}:{draft.sender}", DAY + draft.sender]
        more += [_digest(draft.key), draft.daily]
    elif draft.key:
        how += "k"
        keys.append(KEY + draft.key)
    if draft.removes:
        how += "r"
        keys += [KEY + draft.removes, REMOVED + draft.topic]
    arguments += [draft.type, draft.body, how, *more]


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=DIGEST).digest()
