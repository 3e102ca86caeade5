"""Why one person did or did not receive one notification, from what was recorded.

The rules, in order; the first that holds is the reason:

1. What was **recorded** wins over what only holds now. Delivered to one of their feeds, their preferences
   decide how the page showed it: *muted* (neither in the inbox nor a toast), *toast-muted* or *quiet-hours*
   (in the inbox, no toast), *storm* (folded into a summary: `toast_folding`), or plainly *delivered*. Never
   delivered to a feed, but seen or read: *seen-in-list*, unless it was *muted* and its link was not followed;
   marking all as seen includes muted ones.
2. It was **not for them**: *no-access* (deactivated, another person's, a group or topic they do not belong to
   now), *came-later* (they joined, or came to the topic, after it was due).
3. It is **gone**: *recalled*, *replaced* by a later one with its key, or *expired*.
4. It is **on its way**: *scheduled*, *held* because its key was revoked, or *unpublished* while the log is
   unavailable; or *unpublishable*, as no event can carry it: it is in the inbox only.
5. It was **suppressed**: *muted*.
6. It **waits** for them: *offline*, they have had no feed open since.

The preferences are those of the moment it was delivered, or else was due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.utils import timezone

from notifications import pagination, user_model
from notifications.access import belongings
from notifications.inbox.preference_history import PreferenceHistory
from notifications.inbox.preference_rule import Decision, QuietHours, wants
from notifications.inbox.watermarks import with_read_state
from notifications.models import NEVER, REPLACED, Notification, user_numbers
from notifications.tracking import toast_folding
from notifications.tracking.id_bitmap import IdBitmap
from notifications.user_model import User

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

ORDER = ("-due_at", "-pk")
NEIGHBOURS = 30  # notifications also loaded, as toasts fold by what arrived around them


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record of a notification and a person.

    ``delivered_at`` is when it was first written to a feed of theirs, by ``instance``; ``late`` if it was by
    a replay; ``acknowledged_at`` is when a page of theirs first reported that it arrived. ``joined_at`` is
    when the topic became theirs, if that was after it was due.
    """

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
    acknowledged_at: datetime | None = None
    quiet_hours: QuietHours | None = None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether and why a person received a notification, and the facts behind it."""

    status: Status
    reason: Reason
    facts: Facts


_ROW = (
    *("id", "sending_id", "title", "topic", "category", "severity", "created_at", "due_at", "position"),
    *("expires_at", "recalled_at", "recalled_by", "recall_reason", "failure"),
    *("seen_at", "read_at", "clicked_at", "archived_at"),
)
_DELIVERY = tuple(f"deliveries__{name}" for name in ("people", "at", "instance", "late", "acknowledged"))


def find(user: User, id: UUID, now: datetime) -> Answer | None:
    """The answer for one notification, in at most six queries; None if there is no such notification."""
    facts = _facts(user, Notification.objects.filter(pk=id))
    if not facts:
        return None
    person = _Person(user, now)
    asked = facts[0]
    if asked.delivered_at is not None and person.toasts(asked):
        # What arrived with it or just before is next to it on the same topics.
        near = Notification.objects.filter(
            topic__in=person.own, due_at__lte=asked.delivered_at + toast_folding.GATHER
        )
        facts += [other for other in _facts(user, _last(near, NEIGHBOURS)) if other.id != id]
    return person.answers(facts)[0]


def latest(user: User, limit: int = 30, before: UUID | None = None) -> list[Answer]:
    """The answers for the latest notifications on a person's topics, newest first, in at most five queries.

    ``before`` is the id of the last one on the previous page; if it was deleted, the page is empty.
    """
    person = _Person(user, timezone.now())
    rows = Notification.objects.filter(topic__in=person.own)
    cursor = None
    if before is not None:
        cursor = (Subquery(Notification.objects.filter(pk=before).values("due_at")), before)
    following = pagination.following(rows, ORDER, cursor)
    return person.answers(_facts(user, _last(following, limit + NEIGHBOURS)))[:limit]


class _Person:
    """One person: their topics, since when each is theirs, and their preferences over time."""

    def __init__(self, user: User, now: datetime) -> None:
        found = belongings.of([user.pk])[user.pk]
        self.own = found.own
        self._since = dict(zip(found.own, found.since, strict=True))
        self._user = user
        self._now = now
        self._history = PreferenceHistory(user)

    def answers(self, facts: Sequence[Facts]) -> list[Answer]:
        """The answer for each; ``facts`` include the neighbours that decide on folded toasts."""
        folded = toast_folding.folded(
            (one.delivered_at, one.id) for one in facts if one.delivered_at and self.toasts(one)
        )
        return [self._answer(one, folded) for one in facts]

    def toasts(self, facts: Facts) -> bool:
        """Whether it would show a toast of its own that others can fold into a summary."""
        return facts.severity != Notification.Severity.CRITICAL and self._decision(facts).toast

    def _answer(self, facts: Facts, folded: Collection[UUID]) -> Answer:
        reason = self._reason(facts, folded)
        quiet = self._history.at(facts.delivered_at or facts.due_at)["quiet_hours"]
        joined = belongings.moment(self._since[facts.topic]) if reason == "came-later" else None
        return Answer(REASONS[reason], reason, replace(facts, quiet_hours=quiet, joined_at=joined))

    def _reason(self, facts: Facts, folded: Collection[UUID]) -> Reason:
        decision = self._decision(facts)
        if facts.delivered_at or facts.seen_at or facts.clicked_at:
            if not decision.feed and not facts.clicked_at:
                return "muted"
            if not facts.delivered_at:
                return "seen-in-list"
            if not decision.toast and decision.feed:
                return "quiet-hours" if decision.reason == "quiet-hours" else "toast-muted"
            return "storm" if facts.id in folded else "delivered"
        return self._missed(facts) or ("offline" if decision.feed else "muted")

    def _missed(self, facts: Facts) -> Reason | None:
        """Why it was not in their inbox; None if it was."""
        if not user_model.is_active(self._user) or facts.topic not in self.own:
            return "no-access"
        if belongings.position(facts.due_at) < self._since[facts.topic]:
            return "came-later"
        if facts.recalled_at:
            replaced = facts.recall_reason == REPLACED and not facts.recalled_by
            return "replaced" if replaced else "recalled"
        if facts.expires_at and facts.expires_at <= self._now:
            return "expired"
        if facts.due_at > self._now:
            return "held" if facts.due_at == NEVER else "scheduled"
        if facts.failure:
            return "unpublishable"
        return "unpublished" if facts.position is None else None

    def _decision(self, facts: Facts) -> Decision:
        at = facts.delivered_at or facts.due_at
        item = {"topic": facts.topic, "category": facts.category, "severity": facts.severity}
        return wants(self._history.at(at), item, at)


def _last(rows: QuerySet[Notification], limit: int) -> QuerySet[Notification]:
    return Notification.objects.filter(pk__in=rows.order_by(*ORDER).values("pk")[:limit])


def _facts(user: User, rows: QuerySet[Notification]) -> list[Facts]:
    """What is on record of this person and these rows, newest first, in one query."""
    number = user_numbers.of(user.pk)
    found = with_read_state(rows, user, past=True).order_by(*ORDER, "deliveries__at", "deliveries__id")
    facts: dict[UUID, Facts] = {}
    for values in found.values_list(*_ROW, *_DELIVERY):
        people, at, instance, late, acknowledged = values[len(_ROW) :]
        one = facts.get(values[0]) or Facts(*values[: len(_ROW)])
        is_known = one.acknowledged_at if acknowledged else one.delivered_at
        if people is not None and is_known is None and IdBitmap.holds(people, number):
            if acknowledged:
                one = replace(one, acknowledged_at=at)
            else:
                one = replace(one, delivered_at=at, instance=instance, late=late)
        facts[one.id] = one
    return list(facts.values())
