"""Which toasts were folded into a summary: the rule of `toasts/folding.js`, applied to the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

# As in `toasts/folding.js`; tests/cases/toast_folding.json holds both to one rule.
GATHER = timedelta(milliseconds=400)
MAX_AT_ONCE = 3  # toasts
MAX_RECENT = 6  # toasts within `RECENT`
RECENT = timedelta(seconds=10)
SUMMARY_FOR = timedelta(seconds=10)


def folded(arrivals: Iterable[tuple[datetime, UUID]]) -> set[UUID]:
    """The ids without a toast of their own, given the arrivals at one person that would show one.

    Critical notifications are never folded: leave them out.
    """
    lost: set[UUID] = set()
    recent: list[datetime] = []
    summary_until: datetime | None = None
    for displayed_at, ids in _batches(arrivals):
        recent = [at for at in recent if displayed_at - at < RECENT] + [displayed_at] * len(ids)
        summary_open = summary_until is not None and displayed_at < summary_until
        if summary_open or len(ids) > MAX_AT_ONCE or len(recent) > MAX_RECENT:
            lost.update(ids)
            summary_until = displayed_at + SUMMARY_FOR
    return lost


def _batches(arrivals: Iterable[tuple[datetime, UUID]]) -> Iterable[tuple[datetime, list[UUID]]]:
    """What the browser gathered and showed together, and when."""
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
