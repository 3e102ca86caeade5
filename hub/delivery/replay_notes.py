"""What of each person's replays is noted already: who comes back with an old position is noted once."""

from __future__ import annotations

from collections import OrderedDict

from hub.ports import Caught, Span

MOST = 10_000  # people and their topics; who came back longest ago is forgotten


class Noted:
    """Of one person's topics one stretch is remembered: the latest, and what it joined on to."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._stretches: OrderedDict[tuple[str, tuple[str, ...]], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._stretches)

    def rest(self, person: str, span: Span) -> Span | None:
        """What of it is still to be noted; None if nothing is."""
        after, upto = self._stretches.get((person, span.topics), (0, 0))
        if after <= span.after < upto:
            span = Span(span.topics, upto, span.upto)
        elif after < span.upto <= upto:
            span = Span(span.topics, span.after, after)
        return span if span.after < span.upto else None

    def add(self, caught: Caught) -> None:
        """This was written down."""
        key = caught.person, caught.topics
        after, upto = self._stretches.pop(key, (caught.after, caught.upto))
        if caught.after <= upto and after <= caught.upto:
            self._stretches[key] = min(after, caught.after), max(upto, caught.upto)
        else:
            self._stretches[key] = caught.after, caught.upto
        if len(self._stretches) > self._most:
            self._stretches.popitem(last=False)
