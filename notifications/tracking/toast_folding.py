"""Which toasts went into a summary because too many came: the rule of `toasts/queue.js`, after the fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

# As in `toasts.js` and `toasts/queue.js`.
GATHER = timedelta(milliseconds=400)
AT_ONCE = 3
LATELY = 6
LATELY_FOR = timedelta(seconds=10)
SUMMARY_FOR = timedelta(seconds=10)


def folded(arrivals: Iterable[tuple[datetime, UUID]]) -> set[UUID]:
    """Of what came to a person and wanted a toast of its own, critical ones left out: what had none."""
    lost: set[UUID] = set()
    lately: list[datetime] = []
    summary_until: datetime | None = None
    for told_at, ids in _gathered(arrivals):
        lately = [at for at in lately if told_at - at < LATELY_FOR] + [told_at] * len(ids)
        standing = summary_until is not None and told_at < summary_until
        if standing or len(ids) > AT_ONCE or len(lately) > LATELY:
            lost.update(ids)
            summary_until = told_at + SUMMARY_FOR
    return lost


def _gathered(arrivals: Iterable[tuple[datetime, UUID]]) -> Iterable[tuple[datetime, list[UUID]]]:
    """What was told at once, and when."""
    began: datetime | None = None
    ids: list[UUID] = []
    for at, id in sorted(arrivals):
        if began is not None and at > began + GATHER:
            yield began + GATHER, ids
            began, ids = None, []
        began = began or at
        ids.append(id)
    if began is not None:
        yield began + GATHER, ids
