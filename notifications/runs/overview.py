"""The runs of everybody, as staff see them: without a word of their texts."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from hub import events
from notifications.models import Run

MAX_LISTED = 50  # that are open
MAX_ENDED_LISTED = 20


def report() -> dict[str, Any]:
    """The ``open`` runs, the oldest first, how many there are, and those that ``ended`` last."""
    open = Run.objects.filter(ended_at=None)
    ended = Run.objects.exclude(ended_at=None)
    return {
        "open": _items(open, "pk", MAX_LISTED),
        "count": open.count(),
        "ended": _items(ended, "-ended_at", MAX_ENDED_LISTED),
    }


def _items(runs: QuerySet[Run], order: str, limit: int) -> list[dict[str, Any]]:
    # Their tokens are summed of those that are listed, and not of all.
    ids = list(runs.order_by(order).values_list("pk", flat=True)[:limit])
    return [_item(run) for run in _counted(Run.objects.filter(pk__in=ids)).order_by(order)]


def _counted(runs: QuerySet[Run]) -> QuerySet[Run]:
    """With ``written``, their tokens as of a second ago."""
    stored = F("tokens") + Coalesce(Sum("parts__tokens"), 0)
    return runs.select_related("owner").defer("text", "outcome").annotate(written=stored)


def _item(run: Any) -> dict[str, Any]:
    return {
        "run": str(run.pk),
        "owner": run.owner.get_username(),
        "title": run.title,
        "state": run.state,
        "tokens": run.written,
        "started_at": events.stamp(run.started_at),
        "ended_at": None if run.ended_at is None else events.stamp(run.ended_at),
    }
