"""The ids of room messages in a memory log, by topic and sender, and how many a sender appended today."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from hub.events import Draft
from hub.log import KEY_TTL_S, MAX_MESSAGE_IDS
from hub.log.in_memory.expiry import drop_first

DAY_US = 24 * 3600 * 1_000_000


class MessageIds:
    """Idempotency of messages, as `append.lua` keeps it in Redis. ``now`` returns microseconds since 1970."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        # Topic and sender → message id → position. Both in order of their last use.
        self._keys: OrderedDict[tuple[str, str], OrderedDict[str, int]] = OrderedDict()
        self._tallies: OrderedDict[str, tuple[int, int]] = OrderedDict()  # by sender: since when, how many

    def position(self, draft: Draft) -> int | None:
        """The position of a message that was appended under this draft's key."""
        keys = self._keys.get((draft.topic, draft.sender))
        position = keys.get(draft.key, 0) if keys else 0
        return position if position > self._now() - KEY_TTL_S * 1_000_000 else None

    def over_daily(self, draft: Draft) -> bool:
        return self._tally(draft.sender)[1] >= draft.daily

    def remember(self, draft: Draft, position: int) -> None:
        owner = draft.topic, draft.sender
        keys = self._keys.setdefault(owner, OrderedDict())
        keys[draft.key] = position
        self._keys.move_to_end(owner)
        if len(keys) > MAX_MESSAGE_IDS:
            keys.popitem(last=False)
        began, times = self._tally(draft.sender)
        self._tallies[draft.sender] = began, times + 1

    def expire(self) -> None:
        now = self._now()
        drop_first(self._keys, lambda keys: next(reversed(keys.values())) <= now - KEY_TTL_S * 1_000_000)
        drop_first(self._tallies, lambda tally: tally[0] <= now - DAY_US)

    def _tally(self, sender: str) -> tuple[int, int]:
        began, times = self._tallies.get(sender, (0, 0))
        return (began, times) if began > self._now() - DAY_US else (self._now(), 0)
