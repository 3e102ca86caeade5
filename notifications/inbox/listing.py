"""A person's inbox: the pages of its list, and its counts."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from hub.errors import Problem
from hub.log import LogAway
from hub.log.current import shared_log
from hub.ports import Person
from hub.support.threads import in_thread
from notifications import wire
from notifications.access import names
from notifications.inbox import preference_rule, preferences
from notifications.models import UNSAYABLE, Notification, Reading, arrived, visible
from notifications.pagination import page


@dataclass(frozen=True, slots=True)
class _Here:
    """Somebody who is here: since when, and since when a topic is theirs; and what they do not want."""

    joined: datetime
    muted: frozenset[str] = frozenset()
    arrivals: dict[str, datetime] = field(default_factory=dict)

    def since(self, topic: str) -> datetime:
        return max(self.joined, self.arrivals.get(topic, self.joined))


def find(
    user: User,
    own: Sequence[str],
    which: str = "all",
    *,
    category: str = "",
    q: str = "",
    before: UUID | None = None,
    limit: int = 50,
    muted: Collection[str] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a person's inbox, the latest first, and the ``before`` of the next page if there is one.

    ``which`` is ``unread``, ``all`` (read or unread, but not put away) or ``archived``; ``q`` stands in
    the title or the body; the ``muted`` categories are asked for unless they are given. Raises a
    `Problem` of 422 for a ``before`` that is not on these topics.
    """
    if UNSAYABLE.search(category + q):
        return [], None
    rows = Notification.objects.inbox(own, user)
    rows = rows.exclude(category__in=preferences.muted_by(user) if muted is None else muted)
    mine = Reading.objects.filter(user=user)
    away = Exists(mine.filter(notification=OuterRef("pk"), archived_at__isnull=False))
    rows = rows.filter(away if which == "archived" else ~away)
    if which == "unread":
        rows = rows.filter(~Exists(mine.filter(notification=OuterRef("pk"), read_at__isnull=False)))
    if category:
        rows = rows.filter(category=category)
    if q:
        rows = rows.filter(Q(title__icontains=q) | Q(body__icontains=q))
    last = None
    if before:
        last = Notification.objects.meant(own, user).filter(pk=before).values_list("due_at", "pk").first()
        if last is None:
            raise Problem(422, "There is no such notification here: begin without before.", field="before")
    found, more = page(_with_readings(rows, user), ("-due_at", "-pk"), limit, last)
    items = _items(found)
    return items, items[-1]["id"] if more else None


def one(user: User, own: Sequence[str], id: UUID) -> dict[str, Any]:
    """A notification alone, of a muted category too. Raises a `Problem` of 404 for what is not here."""
    items = _items(list(_with_readings(Notification.objects.inbox(own, user).filter(pk=id), user)))
    if not items:
        raise Problem(404, "There is no such notification in this inbox.")
    return items[0]


async def counts(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    return await in_thread(count_all, people)


def count(user: User, own: Sequence[str]) -> dict[str, int]:
    """What `count_all` says of one person."""
    id = str(user.pk)
    return count_all([Person(id, user.get_username(), tuple(own))])[id]


def count_all(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """By person's id: ``unread``, ``unseen``, and the ``version`` of both, in three queries.

    What lies on a topic is counted once for all its readers; what each of them has read or muted is
    taken off. The version is the log's position from before the question: whatever was published after
    it asks for a new count, with a higher version.
    """
    version = _version()
    now = timezone.now()
    topics = {topic for person in people for topic in person.own}
    ids = {int(person.id) for person in people}
    users = User.objects.filter(pk__in=ids)
    here = _here(users)
    apart = frozenset[str]().union(*(one.muted for one in here.values()))
    lying = _lying(topics, apart, now)
    later = any(one.arrivals for one in here.values())
    done = _done(ids, topics, apart, now, later)
    answer = {}
    for person in people:
        id = int(person.id)
        one = here.get(id) or _Here(now)
        unread = unseen = 0
        for topic in person.own:
            for part, times in lying.get(topic, {}).items():
                if part not in one.muted:
                    there = len(times) - bisect_left(times, one.since(topic))
                    read, seen = done.get((id, topic, part), (0, 0))
                    unread += there - read
                    unseen += there - seen
        answer[person.id] = {"unread": unread, "unseen": unseen, "version": version}
    return answer


def _with_readings(rows: QuerySet[Notification], user: User) -> QuerySet[Notification]:
    return rows.prefetch_related(Prefetch("readings", Reading.objects.filter(user=user)))


def _items(rows: list[Notification]) -> list[dict[str, Any]]:
    """As the API lists them; the rows have the readings of their owner alone."""
    names.name(rows)
    return [wire.item(row, *row.readings.all()) for row in rows]


def _here(users: QuerySet[User]) -> dict[int, _Here]:
    rows = users.values_list(
        "pk", "date_joined", "notification_preference__choices", "arrivals__topic", "arrivals__since"
    )
    here: dict[int, _Here] = {}
    for id, joined, choices, topic, since in rows:
        one = here.get(id)
        if one is None:
            one = here[id] = _Here(joined, preference_rule.muted(choices))
        if topic and not settings.HUB_NEWCOMERS_SEE_PAST:
            one.arrivals[topic] = since
    return here


def _lying(
    topics: Collection[str], apart: Collection[str], now: datetime
) -> dict[str, dict[str | None, list[datetime]]]:
    """When each notification that lies on these topics came, in order; some categories each apart."""
    lying: dict[str, dict[str | None, list[datetime]]] = {}
    rows = Notification.objects.filter(visible(now), topic__in=topics).order_by("due_at")
    for topic, category, due_at in rows.values_list("topic", "category", "due_at"):
        part = category if category in apart else None
        lying.setdefault(topic, {}).setdefault(part, []).append(due_at)
    return lying


def _done(
    ids: Collection[int], topics: Collection[str], apart: Collection[str], now: datetime, later: bool
) -> dict[tuple[int, str, str | None], tuple[int, int]]:
    """Of what lies there, how many each person has read or put away, and how many seen; ``later`` says that
    somebody came to a topic after the making of their account."""
    part: Case | Value = Value(None, output_field=CharField())
    if apart:
        part = Case(When(notification__category__in=apart, then="notification__category"))
    read = Q(read_at__isnull=False) | Q(archived_at__isnull=False)
    rows = (
        Reading.objects.filter(
            visible(now, "notification__"),
            arrived(OuterRef("user"), "notification__topic", "notification__due_at") if later else Q(),
            user__in=ids,
            notification__topic__in=topics,
            notification__due_at__gte=F("user__date_joined"),
        )
        .values_list("user_id", "notification__topic", part)
        .annotate(reads=Count("pk", filter=read), seens=Count("pk", filter=read | Q(seen_at__isnull=False)))
    )
    return {(user, topic, part): (read, seen) for user, topic, part, read, seen in rows}


def _version() -> int:
    try:
        return shared_log().head()
    except LogAway:
        # Positions are microseconds: the clock goes on about where the log stopped.
        return time.time_ns() // 1000
