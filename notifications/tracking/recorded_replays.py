"""Which replays of a person are recorded already: one who returns with an old position is recorded once."""

from __future__ import annotations

from collections import OrderedDict

from hub.ports import Span
from notifications.tracking.delivery_log import ReplayDelivery

MAX_REPLAYS = 10_000  # people with their topics; beyond it the one recorded longest ago is forgotten


class RecordedReplays:
    """One span is remembered for the topics of a person: the latest, with those it continued."""

    def __init__(self, max_replays: int = MAX_REPLAYS) -> None:
        self._max_replays = max_replays
        self._spans: OrderedDict[tuple[str, tuple[str, ...]], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spans)

    def rest(self, person: str, span: Span) -> Span | None:
        """The part of a span that is yet to be recorded; None if there is none."""
        after, upto = self._spans.get((person, span.topics), (0, 0))
        if after <= span.after < upto:
            span = Span(span.topics, upto, span.upto)
        elif after < span.upto <= upto:
            span = Span(span.topics, span.after, after)
        return span if span.after < span.upto else None

    def add(self, replay: ReplayDelivery) -> None:
        """It was written to the database."""
        key = replay.person, replay.topics
        after, upto = self._spans.pop(key, (replay.after, replay.upto))
        if replay.after <= upto and after <= replay.upto:
            self._spans[key] = min(after, replay.after), max(upto, replay.upto)
        else:
            self._spans[key] = replay.after, replay.upto
        if len(self._spans) > self._max_replays:
            self._spans.popitem(last=False)
