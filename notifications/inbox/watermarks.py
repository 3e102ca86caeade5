"""Up to which position a person has read, or seen, everything on each topic of their inbox.

A `Reading` of a notification overrides them: they apply to what has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import Case, F, FilteredRelation, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from notifications.models import NEVER, Notification, Watermark
from notifications.user_model import User


class Upto(NamedTuple):
    """The positions up to which a person has read, and seen, a topic; 0 for never."""

    read: int
    seen: int

    def of(self, field: str) -> int:
        """The one for ``read_at`` or ``seen_at``."""
        return self.read if field == "read_at" else self.seen


NOTHING = Upto(0, 0)
LATEST = {"read_upto": Coalesce(Max("upto", filter=Q(read=True)), 0), "seen_upto": Max("upto")}

# When an outer notification left inboxes.
_ENDED_AT = Least(*(Coalesce(OuterRef(field), Value(NEVER)) for field in ("expires_at", "recalled_at")))


def latest(user: User) -> dict[str, Upto]:
    """By topic, in one query."""
    rows = Watermark.objects.filter(user=user).values("topic").annotate(**LATEST)
    return {topic: Upto(read, seen) for topic, read, seen in rows.values_list("topic", *LATEST)}


def above(marks: Mapping[str, Upto], field: str) -> Q:
    """A condition on notifications: none of these watermarks of ``field`` reaches them."""
    reached = Q()
    for topic, upto in marks.items():
        reached |= Q(topic=topic, position__gt=0, position__lte=upto.of(field))
    return ~reached if reached else Q()


def reaching(user: Any, topic: str, position: Any, *, read: bool) -> QuerySet[Watermark]:
    """A subquery: the user's watermarks that reach an outer row with this topic (a field's name) and position
    (an expression); with ``read``, only those by which it is read and not only seen."""
    marks = Watermark.objects.filter(user=user, topic=OuterRef(topic), after__lt=position, upto__gte=position)
    return marks.filter(read=True) if read else marks


def with_read_state(
    rows: QuerySet[Notification], user: User, *, past: bool = False
) -> QuerySet[Notification]:
    """These rows with the user's ``seen_at``, ``read_at``, ``clicked_at`` and ``archived_at``.

    They are rows of the user's inbox, unless the ``past`` is asked for: of what is or was in it.
    """
    position = Coalesce(OuterRef("former_position"), OuterRef("position")) if past else OuterRef("position")
    moments = {}
    for field in ("seen_at", "read_at"):
        marks = reaching(user, "topic", position, read=field == "read_at")
        if past:
            marks = marks.filter(since__lte=OuterRef("due_at"), at__lt=_ENDED_AT)
        first = Subquery(marks.order_by("at").values("at")[:1])
        moments[field] = Case(When(reading__isnull=False, then=F(f"reading__{field}")), default=first)
    others = {field: F(f"reading__{field}") for field in ("clicked_at", "archived_at")}
    reading = FilteredRelation("readings", condition=Q(readings__user=user))
    return rows.annotate(reading=reading).annotate(**moments, **others)
