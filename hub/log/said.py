"""What people have said, in a log that is one process: the ids of each, and how many a day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from hub.events import Draft
from hub.log import KEY_TTL_S, SAID_KEPT

DAY = 24 * 3600 * 1_000_000  # microseconds


class Said:
    """``now`` tells the microseconds since 1970."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        # Topic and sender → key → position. Both in order of their last use.
        self._keys: OrderedDict[tuple[str, str], OrderedDict[str, int]] = OrderedDict()
        self._tallies: OrderedDict[str, tuple[int, int]] = OrderedDict()  # when the day began, and how many

    def position(self, draft: Draft) -> int | None:
        """Where what bore this key stands."""
        keys = self._keys.get((draft.topic, draft.sender))
        position = keys.get(draft.key, 0) if keys else 0
        return position if position > self._now() - KEY_TTL_S * 1_000_000 else None

    def over_daily(self, draft: Draft) -> bool:
        return self._tally(draft.sender)[1] >= draft.daily

    def remember(self, draft: Draft, position: int) -> None:
        of = draft.topic, draft.sender
        keys = self._keys.setdefault(of, OrderedDict())
        keys[draft.key] = position
        self._keys.move_to_end(of)
        if len(keys) > SAID_KEPT:
            keys.popitem(last=False)
        began, times = self._tally(draft.sender)
        self._tallies[draft.sender] = began, times + 1

    def expire(self) -> None:
        now = self._now()
        while self._keys:
            of, keys = next(iter(self._keys.items()))
            if next(reversed(keys.values())) > now - KEY_TTL_S * 1_000_000:
                break
            del self._keys[of]
        while self._tallies:
            sender, (began, _) = next(iter(self._tallies.items()))
            if began > now - DAY:
                break
            del self._tallies[sender]

    def _tally(self, sender: str) -> tuple[int, int]:
        began, times = self._tallies.get(sender, (0, 0))
        return (began, times) if began > self._now() - DAY else (self._now(), 0)
