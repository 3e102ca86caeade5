"""The progress of a sending: whom it reached, whom not, and why. The number of queries is constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple, TypedDict
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Subquery
from django.utils import timezone

from hub import events
from notifications import user_model
from notifications.models import NEVER, REPLACED, Notification, user_numbers
from notifications.sending import audience
from notifications.tracking import sending_state, suppression
from notifications.tracking.delivery_stats import RATE_WINDOW_S, Deliveries, Readings
from notifications.tracking.id_bitmap import IdBitmap
from notifications.tracking.sending_state import State
from notifications.user_model import User


class Progress(TypedDict):
    """Published as JSON. Each person is counted once; ``seen``, ``read`` and ``clicked`` by what they did.

    ``delivered`` counts those to whose open feed it was written, ``acknowledged`` those of them whose page
    reported that it arrived, as the hub's own components do; t50 to t99 are the milliseconds after ``due_at``
    by which it was written to that share of them. ``suppressed`` counts by reason, where pop-ups turned off
    and quiet hours do not exclude a delivery. ``offline`` counts the others, who have had no feed open since.
    ``failed`` rows could not be published; ``failure`` is the reason of the last one.
    """

    id: str
    state: State
    due_at: str
    people: int
    rows: int
    published: int
    failed: int
    failure: str
    delivered: int
    acknowledged: int
    seen: int
    read: int
    clicked: int
    recalled: int
    suppressed: dict[str, int]
    offline: int
    rate_per_s: float
    t50_ms: int | None
    t95_ms: int | None
    t99_ms: int | None
    instances: dict[str, int]
    recalled_by: str
    recall_reason: str
    recalled_at: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a notification that count here."""

    id: UUID
    title: str
    topic: str
    position: int | None
    due_at: datetime
    category: str
    severity: str
    expires_at: datetime | None
    recalled_at: datetime | None
    recalled_by: str
    recall_reason: str
    failed_at: datetime | None
    failure: str
    sending_id: UUID

    @property
    def replaced(self) -> bool:
        return self.recall_reason == REPLACED and not self.recalled_by


class _Rows:
    """The rows of one sending, at least one, and what follows from them alone."""

    def __init__(self, rows: Sequence[Row], now: datetime) -> None:
        self.all = rows
        self.now = now
        self.due_at = rows[0].due_at
        self.expired = rows[0].expires_at is not None and rows[0].expires_at <= now
        self.recalled = [row for row in rows if row.recalled_at]
        self.replaced = [
            row for row in self.recalled if (row.recall_reason, row.recalled_by) == (REPLACED, "")
        ]
        current = [row for row in rows if not row.recalled_at]
        self.failed = [row for row in current if row.failed_at]
        self.published = sum(row.position is not None for row in current) - len(self.failed)
        self.state = sending_state.decide(
            held=self.due_at == NEVER,
            due_at=self.due_at,
            now=now,
            current=bool(current),
            unpublished=any(row.position is None for row in current),
            failed=bool(self.failed),
            recalled=len(self.recalled) > len(self.replaced),
        )


class _Audience(NamedTuple):
    """Who the rows are addressed to.

    ``people`` counts the users; ``named`` are the ids in addresses, of which ``active`` are among the users.
    ``recalled`` counts the users the recalled rows are addressed to, where not every row is recalled.
    """

    users: QuerySet[User]
    people: int
    named: IdBitmap
    active: int
    recalled: int


def of(sending: UUID) -> Progress | None:
    """The progress of a sending, in at most seven queries; None if it has no rows (any more)."""
    return _progress(_load(Notification.objects.filter(sending=sending)))


def around(notification: UUID) -> tuple[Progress, Row] | None:
    """The progress of the sending a notification belongs to, and the notification; None if it has none."""
    sending = Notification.objects.filter(pk=notification).values("sending")
    rows = _load(Notification.objects.filter(sending=Subquery(sending)))
    progress = _progress(rows)
    return None if progress is None else (progress, next(row for row in rows if row.id == notification))


def _load(notifications: QuerySet[Notification]) -> list[Row]:
    return [Row(*values) for values in notifications.order_by("pk").values_list(*Row.__slots__)]


def _progress(loaded: Sequence[Row]) -> Progress | None:
    if not loaded:
        return None
    rows = _Rows(loaded, timezone.now())
    sending, due_at = loaded[0].sending_id, rows.due_at
    meant = _audience(rows)
    deliveries = Deliveries(sending, rows.now)
    readings = Readings.of(sending)
    suppressed, offline = _missed(rows, meant, deliveries, readings.seen)
    last = max(rows.recalled, key=lambda row: row.recalled_at or due_at, default=None)
    return {
        "id": str(sending),
        "state": rows.state,
        "due_at": events.stamp(due_at),
        "people": meant.people,
        "rows": len(loaded),
        "published": rows.published,
        "failed": len(rows.failed),
        "failure": rows.failed[-1].failure if rows.failed else "",
        "delivered": len(deliveries.people),
        "acknowledged": len(deliveries.acknowledged),
        "seen": len(readings.seen),
        "read": len(readings.read),
        "clicked": len(readings.clicked),
        "recalled": len(rows.recalled),
        "suppressed": {reason: count for reason, count in suppressed.items() if count},
        "offline": offline,
        "rate_per_s": deliveries.recent / RATE_WINDOW_S,
        "t50_ms": deliveries.percentile_ms(50, due_at),
        "t95_ms": deliveries.percentile_ms(95, due_at),
        "t99_ms": deliveries.percentile_ms(99, due_at),
        "instances": {name: len(people) for name, people in sorted(deliveries.instances.items())},
        "recalled_by": last.recalled_by if last else "",
        "recall_reason": last.recall_reason if last else "",
        "recalled_at": events.stamp(last.recalled_at) if last and last.recalled_at else None,
    }


def _audience(rows: _Rows) -> _Audience:
    users = audience.people({row.topic for row in rows.all}, rows.due_at)
    keys = [key for row in rows.all if (key := user_model.topic_key(row.topic)) is not None]
    named = IdBitmap(user_numbers.of_keys(user_model.existing(keys)).values())
    counts = {"people": Count("pk")}
    if named and len(named) < len(rows.all):
        counts["active"] = Count("pk", filter=Q(pk__in=keys))
    if 0 < len(rows.recalled) < len(rows.all):
        recalled_for = audience.people({row.topic for row in rows.recalled})
        counts["recalled"] = Count("pk", filter=Q(pk__in=recalled_for.values("pk")))
    counted = users.aggregate(**counts)
    active = counted.get("active", counted["people"] if named else 0)
    return _Audience(users, counted["people"], named, active, counted.get("recalled", 0))


def _missed(
    rows: _Rows, meant: _Audience, deliveries: Deliveries, seen: IdBitmap
) -> tuple[dict[str, int], int]:
    """How many people were not reached by reason, and how many are only offline.

    offline = people - |delivered + seen + muted| - recalled before they had it; 0 before it is due. Once
    it has expired, these count as expired instead.
    """
    held = suppression.NONE
    if rows.due_at <= rows.now:
        first = rows.all[0]
        item = {"category": first.category, "severity": first.severity}
        topics = [row.topic for row in rows.all]
        held = suppression.of(first.sending_id, item, topics, rows.due_at, meant.users)
    missed = {reason: len(people) for reason, people in held.items()}
    missed["no-access"] = min(len(meant.named) - meant.active, len(meant.named - deliveries.people))
    offline = 0
    if rows.state not in ("held", "waiting"):
        offline = max(0, meant.people - len(deliveries.people | seen | held["muted"]))
    if rows.recalled:
        lost = offline
        if rows.state != "recalled":
            received = reduce(or_, (deliveries.rows[row.id] for row in rows.recalled), IdBitmap())
            lost = min(offline, max(0, meant.recalled - len(received)))
        missed[REPLACED if rows.recalled == rows.replaced else "recalled"] = lost
        offline -= lost
    if rows.expired:
        missed["expired"], offline = offline, 0
    return missed, offline
