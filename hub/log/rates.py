"""Rates of topics: how many events a second their policies allow, counted over all instances.

A topic may have the events of a second at once, and at least one. As in GCRA, what is kept of a topic is the
moment up to which its events have used the rate up: `append.lua` keeps it in Redis, `TopicRates` in memory.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

from hub.events import Draft
from hub.log import MICROSECONDS, RateExceeded
from hub.policies.current import table


def limited(drafts: Sequence[Draft]) -> list[tuple[str, float, int]]:
    """The topics of these drafts that have a rate, each with its events per second and how many these are."""
    if not table:
        return []
    found = []
    for topic, events in Counter(draft.topic for draft in drafts).items():
        policy = table.of(topic)
        if policy is not None and policy.max_rate is not None:
            found.append((topic, policy.max_rate, events))
    return found


class TopicRates:
    """The rates of a memory log, which calls it within its lock."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._used_up_to: OrderedDict[str, float] = OrderedDict()

    def spend(self, drafts: Sequence[Draft]) -> None:
        """Count the drafts, or none of them: raises `RateExceeded` if one is beyond its topic's rate."""
        now = self._now()
        counted: dict[str, float] = {}
        for topic, rate, events in limited(drafts):
            interval = MICROSECONDS / rate
            burst = interval * max(1, rate)
            used = min(max(self._used_up_to.get(topic, 0), now), now + burst)  # a clock may go back
            counted[topic] = used + events * interval
            over = counted[topic] - now - burst
            if over > 1:  # what rounding may make of nothing
                raise RateExceeded(topic, rate, events, math.ceil(over / MICROSECONDS))
        for topic, moment in counted.items():
            self._used_up_to[topic] = moment
            self._used_up_to.move_to_end(topic)
        while self._used_up_to and next(iter(self._used_up_to.values())) <= now:
            self._used_up_to.popitem(last=False)
