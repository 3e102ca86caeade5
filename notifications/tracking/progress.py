"""How far a sending has come: whom it reached, whom not, and why. Never a query a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Literal, TypedDict
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, Case, Count, ExpressionWrapper, F, Q, QuerySet, Subquery, When
from django.utils import timezone

from hub import events, topics
from notifications.models import NEVER, Delivery, Notification, Reading
from notifications.sending import audience
from notifications.tracking import suppression
from notifications.tracking.id_bitmap import IdBitmap

State = Literal["held", "waiting", "sending", "sent", "stopped", "recalled", "failed"]

REPLACED = "replaced"  # the reason of a recall by a later one with the same key
RATE_S = 5  # that the rate is taken over


class Progress(TypedDict):
    """People are counted once each, but for ``seen``, ``read`` and ``clicked`` by what they did.

    ``delivered`` are those who were given it on an open feed, t50 to t99 when so many per cent of them
    had it, in milliseconds after ``due_at``. ``suppressed`` counts by reason; who has toasts off or quiet
    hours is in it and may have been given it all the same. ``offline`` are the rest: no feed since.
    ``failed`` rows could not be published, and ``failure`` says why of the last of them.
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


class _Given:
    """Who has it; how many had it for the first time when; by which instance, and of which row, who."""

    def __init__(self, sending: UUID, now: datetime) -> None:
        self.people = IdBitmap()
        self.instances: defaultdict[str, IdBitmap] = defaultdict(IdBitmap)
        self.rows: defaultdict[UUID, IdBitmap] = defaultdict(IdBitmap)
        self.lately = 0
        self._firsts: list[tuple[datetime, int]] = []
        deliveries = Delivery.objects.filter(notification__sending=sending).order_by("at", "id")
        told = deliveries.values_list("notification_id", "at", "instance", "people", "size")
        for row, at, instance, packed, size in told.iterator():
            bitmap = IdBitmap.unpack(packed)
            self._firsts.append((at, len(bitmap - self.people)))
            self.people |= bitmap
            self.instances[instance] |= bitmap
            self.rows[row] |= bitmap
            if at > now - timedelta(seconds=RATE_S):
                self.lately += size

    def ms(self, percent: int, due_at: datetime) -> int | None:
        """After how long so many per cent of those who have it had it."""
        had = 0
        for at, new in self._firsts:
            had += new
            if new and 100 * had >= percent * len(self.people):
                return max(0, (at - due_at) // timedelta(milliseconds=1))
        return None


def of(sending: UUID) -> Progress | None:
    """None if nothing is left of it. In at most seven queries, whatever the numbers."""
    return _progress(_rows(Notification.objects.filter(sending=sending)))


def around(notification: UUID) -> tuple[Progress, Row] | None:
    """The same of the sending that a notification was made by, and the notification; None without one."""
    sending = Notification.objects.filter(pk=notification).values("sending")
    rows = _rows(Notification.objects.filter(sending=Subquery(sending)))
    progress = _progress(rows)
    return None if progress is None else (progress, next(row for row in rows if row.id == notification))


def _rows(notifications: QuerySet[Notification]) -> list[Row]:
    return [Row(*values) for values in notifications.order_by("pk").values_list(*Row.__slots__)]


def _progress(rows: Sequence[Row]) -> Progress | None:
    if not rows:
        return None
    now, sending, due_at = timezone.now(), rows[0].sending_id, rows[0].due_at
    recalled = [row for row in rows if row.recalled_at]
    failed = [row for row in rows if row.failed_at and not row.recalled_at]
    published = sum(row.position is not None and not row.recalled_at for row in rows) - len(failed)
    state = _state(rows, recalled, failed, published, now)

    meant = audience.people({row.topic for row in rows}, due_at)
    named = IdBitmap(id for row in rows if (id := topics.user_id(row.topic)) is not None)
    people, here, taken = _count(meant, rows, named, recalled)
    given = _Given(sending, now)
    seen, read, clicked = _readings(sending)
    held = suppression.NOBODY
    if due_at <= now:
        chosen = {"category": rows[0].category, "severity": rows[0].severity}
        held = suppression.of(sending, chosen, due_at, meant)

    suppressed = {reason: len(bitmap) for reason, bitmap in held.items()}
    suppressed["no-access"] = min(len(named) - here, len(named - given.people))
    left = 0 if state in ("held", "waiting") else max(0, people - len(given.people | seen | held["muted"]))
    if recalled:
        had = [given.rows[row.id] for row in recalled if row.id in given.rows]
        lost = left if state == "recalled" else max(0, taken - len(reduce(or_, had, IdBitmap())))
        word = REPLACED if all(map(_replaced, recalled)) else "recalled"
        suppressed[word] = min(lost, left)
        left -= suppressed[word]
    if rows[0].expires_at is not None and rows[0].expires_at <= now:
        suppressed["expired"], left = left, 0

    last = max(recalled, key=lambda row: row.recalled_at or due_at, default=None)
    return {
        "id": str(sending),
        "state": state,
        "due_at": events.stamp(due_at),
        "people": people,
        "rows": len(rows),
        "published": published,
        "failed": len(failed),
        "failure": failed[-1].failure if failed else "",
        "delivered": len(given.people),
        "seen": len(seen),
        "read": len(read),
        "clicked": len(clicked),
        "recalled": len(recalled),
        "suppressed": {reason: many for reason, many in suppressed.items() if many},
        "offline": left,
        "rate_per_s": given.lately / RATE_S,
        "t50_ms": given.ms(50, due_at),
        "t95_ms": given.ms(95, due_at),
        "t99_ms": given.ms(99, due_at),
        "instances": {name: len(bitmap) for name, bitmap in sorted(given.instances.items())},
        "recalled_by": last.recalled_by if last else "",
        "recall_reason": last.recall_reason if last else "",
        "recalled_at": events.stamp(last.recalled_at) if last and last.recalled_at else None,
    }


def _state(
    rows: Sequence[Row], recalled: Sequence[Row], failed: Sequence[Row], published: int, now: datetime
) -> State:
    if len(recalled) == len(rows):
        return "recalled"
    if rows[0].due_at > now:
        return "held" if rows[0].due_at == NEVER else "waiting"
    if published + len(recalled) + len(failed) < len(rows):
        return "sending"
    if failed:
        return "failed"
    return "sent" if all(map(_replaced, recalled)) else "stopped"


def _replaced(row: Row) -> bool:
    return row.recall_reason == REPLACED and not row.recalled_by


def _count(
    meant: QuerySet[User], rows: Sequence[Row], named: IdBitmap, recalled: Sequence[Row]
) -> tuple[int, int, int]:
    """How many it is for; of those named, how many are here; and for how many it was taken back."""
    asked = {"people": Count("pk")}
    if named and len(named) < len(rows):
        asked["here"] = Count("pk", filter=Q(pk__in=list(named)))
    if 0 < len(recalled) < len(rows):
        theirs = audience.people({row.topic for row in recalled})
        asked["taken"] = Count("pk", filter=Q(pk__in=theirs.values("pk")))
    counts = meant.aggregate(**asked)
    here = counts["people"] if named else 0
    return counts["people"], counts.get("here", here), counts.get("taken", 0)


def _readings(sending: UUID) -> tuple[IdBitmap, IdBitmap, IdBitmap]:
    """Who saw it, who read it, and who followed its link."""
    # Each as one number: of a hundred thousand, tuples would take three times as long.
    did = F("user_id") * 8
    for bit, verb in enumerate(("seen", "read", "clicked")):
        did += Case(When(**{f"{verb}_at__isnull": False}, then=1 << bit), default=0)
    rows = Reading.objects.filter(notification__sending=sending)
    numbers = list(rows.values_list(ExpressionWrapper(did, BigIntegerField()), flat=True))
    seen, read, clicked = (IdBitmap(n >> 3 for n in numbers if n >> bit & 1) for bit in range(3))
    return seen, read, clicked
