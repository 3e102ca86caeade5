"""Why did this person not get it? Told of one notification and one person, from what was recorded.

The rules, in order; the first that holds is the reason:

1. What was **recorded** wins over what is true only now. Given to a feed of theirs, it came, and then
   what they had chosen decides what their screen made of it: *muted* (neither list nor toast),
   *toast-muted* or *quiet-hours* (in the list, no toast), *storm* (too many came: `storm`), or plainly
   *delivered*. Never given to a feed, but seen or read: *seen-in-list*, unless it was *muted* and no link
   of it was followed; whoever sees all sees what they muted too.
2. It was **not for them**: *no-access* (deactivated, somebody else's, a group or topic they are not in
   now), *came-later* (they, or the topic to them, came after it was due).
3. It is **gone**: *recalled*, *replaced* by a later one with its key, or *expired*.
4. It is **on its way**: *scheduled*, *held* because its key was revoked, or *unpublished* while the log is
   away; or it will never be, for no event can carry it: *unpublishable*, it lies in the list.
5. It was **held back**: *muted*.
6. It **waits** for them: *offline*, no feed of theirs has been open since.

What they had chosen is that of the moment it came, or else was due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import FilteredRelation, Q, QuerySet, Subquery
from django.utils import timezone

from notifications.access import belongings
from notifications.inbox.preferences import Decision, History, QuietHours, wants
from notifications.models import NEVER, REPLACED, Notification
from notifications.tracking import toast_folding
from notifications.tracking.id_bitmap import IdBitmap

Status = Literal["delivered", "listed", "waiting", "withheld", "gone", "never"]
Reason = Literal[
    "delivered",
    "muted",
    "toast-muted",
    "quiet-hours",
    "storm",
    "seen-in-list",
    "no-access",
    "came-later",
    "recalled",
    "replaced",
    "expired",
    "scheduled",
    "held",
    "unpublished",
    "unpublishable",
    "offline",
]
REASONS: dict[Reason, Status] = {
    "delivered": "delivered",
    "muted": "withheld",
    "toast-muted": "delivered",
    "quiet-hours": "delivered",
    "storm": "delivered",
    "seen-in-list": "listed",
    "no-access": "never",
    "came-later": "never",
    "recalled": "gone",
    "replaced": "gone",
    "expired": "gone",
    "scheduled": "waiting",
    "held": "waiting",
    "unpublished": "waiting",
    "unpublishable": "listed",
    "offline": "waiting",
}

AROUND = 30  # notifications looked at besides, for what came with it


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record. ``delivered_at`` is the first time, ``late`` if it was by a replay."""

    id: UUID
    sending: UUID | None
    title: str
    topic: str
    category: str
    severity: str
    created_at: datetime
    due_at: datetime
    position: int | None
    expires_at: datetime | None
    recalled_at: datetime | None
    recalled_by: str
    recall_reason: str
    failure: str
    seen_at: datetime | None
    read_at: datetime | None
    clicked_at: datetime | None
    archived_at: datetime | None
    delivered_at: datetime | None = None
    instance: str = ""
    late: bool = False
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: Status
    reason: Reason
    facts: Facts


_ROW = (
    *("id", "sending_id", "title", "topic", "category", "severity", "created_at", "due_at", "position"),
    *("expires_at", "recalled_at", "recalled_by", "recall_reason", "failure"),
    *("mine__seen_at", "mine__read_at", "mine__clicked_at", "mine__archived_at"),
)
_DELIVERY = ("deliveries__people", "deliveries__at", "deliveries__instance", "deliveries__late")


def explain(user: User, notification: Notification, now: datetime) -> Answer:
    answer = find(user, notification.pk, now)
    assert answer is not None  # noqa: S101
    return answer


def find(user: User, id: UUID, now: datetime) -> Answer | None:
    """Of one notification, in at most six queries; None if there is none."""
    facts = _facts(user, Notification.objects.filter(pk=id))
    if not facts:
        return None
    person = _Person(user, now)
    lone = facts[0]
    if lone.delivered_at is not None and person.toasts(lone):
        # What came with it or right before lies on the same topics, next to it.
        near = Notification.objects.filter(
            topic__in=person.own, due_at__lte=lone.delivered_at + toast_folding.GATHER
        )
        facts += [other for other in _facts(user, _last(near, AROUND)) if other.id != id]
    return person.answers(facts)[0]


def latest(user: User, limit: int = 30, before: UUID | None = None) -> list[Answer]:
    """Of the last that are or were on a person's topics, the latest first, in at most five queries.

    ``before`` is the id of the last one of the page before; after one that is gone stands nothing.
    """
    person = _Person(user, timezone.now())
    rows = Notification.objects.filter(topic__in=person.own)
    if before is not None:
        last = Notification.objects.filter(pk=before)
        due_at = Subquery(last.values("due_at"))
        rows = rows.filter(Q(due_at__lt=due_at) | Q(due_at=due_at, pk__lt=before))
    return person.answers(_facts(user, _last(rows, limit + AROUND)))[:limit]


class _Person:
    """Whom it is about, and all that decides but the notification."""

    def __init__(self, user: User, now: datetime) -> None:
        mine = belongings.of([user.pk])[user.pk]
        self.own = mine.own
        self._since = dict(zip(mine.own, mine.since, strict=True))
        self._user = user
        self._now = now
        self._history = History(user)

    def answers(self, facts: Sequence[Facts]) -> list[Answer]:
        """Of each; those that lie around it are among them."""
        stormed = toast_folding.folded(
            (one.delivered_at, one.id) for one in facts if one.delivered_at and self.toasts(one)
        )
        return [self._answer(one, stormed) for one in facts]

    def toasts(self, facts: Facts) -> bool:
        """Whether it wanted a toast that too many others could take away."""
        return facts.severity != Notification.Severity.CRITICAL and self._decision(facts).toast

    def _answer(self, facts: Facts, stormed: Collection[UUID]) -> Answer:
        reason = self._reason(facts, stormed)
        quiet = self._history.at(facts.delivered_at or facts.due_at)["quiet_hours"]
        return Answer(REASONS[reason], reason, replace(facts, quiet_hours=quiet))

    def _reason(self, facts: Facts, stormed: Collection[UUID]) -> Reason:
        decision = self._decision(facts)
        if facts.delivered_at or facts.seen_at or facts.clicked_at:
            if not decision.feed and not facts.clicked_at:
                return "muted"
            if not facts.delivered_at:
                return "seen-in-list"
            if not decision.toast and decision.feed:
                return "quiet-hours" if decision.reason == "quiet-hours" else "toast-muted"
            return "storm" if facts.id in stormed else "delivered"
        return self._missed(facts) or ("offline" if decision.feed else "muted")

    def _missed(self, facts: Facts) -> Reason | None:
        """Why nothing of it was theirs to find, if so."""
        if not self._user.is_active or facts.topic not in self.own:
            return "no-access"
        if belongings.position(facts.due_at) < self._since[facts.topic]:
            return "came-later"
        if facts.recalled_at:
            by_another = facts.recall_reason == REPLACED and not facts.recalled_by
            return "replaced" if by_another else "recalled"
        if facts.expires_at and facts.expires_at <= self._now:
            return "expired"
        if facts.due_at > self._now:
            return "held" if facts.due_at == NEVER else "scheduled"
        if facts.failure:
            return "unpublishable"
        return "unpublished" if facts.position is None else None

    def _decision(self, facts: Facts) -> Decision:
        came = facts.delivered_at or facts.due_at
        return wants(self._history.at(came), {"category": facts.category, "severity": facts.severity}, came)


def _last(rows: QuerySet[Notification], limit: int) -> QuerySet[Notification]:
    return Notification.objects.filter(pk__in=rows.order_by("-due_at", "-pk").values("pk")[:limit])


def _facts(user: User, rows: QuerySet[Notification]) -> list[Facts]:
    """Of these, the latest first, in one query: what is on record of this person."""
    mine = FilteredRelation("readings", condition=Q(readings__user=user))
    found = rows.annotate(mine=mine).order_by("-due_at", "-pk", "deliveries__at", "deliveries__id")
    facts: dict[UUID, Facts] = {}
    for values in found.values_list(*_ROW, *_DELIVERY):
        people, at, instance, late = values[len(_ROW) :]
        one = facts.get(values[0]) or Facts(*values[: len(_ROW)])
        if people is not None and one.delivered_at is None and IdBitmap.holds(people, user.pk):
            one = replace(one, delivered_at=at, instance=instance, late=late)
        facts[one.id] = one
    return list(facts.values())
