"""The unread and unseen counts of inboxes."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from hub.log import LogAway
from hub.log.current import shared_log
from hub.ports import Person
from hub.support.threads import in_thread
from notifications import user_model
from notifications.inbox import preference_rule
from notifications.models import Notification, Reading, arrived, visible
from notifications.user_model import EPOCH, JOINED_FIELD, Key, User

# When the notifications of one topic were due, ascending: by category if anyone mutes it, else under None.
_DueTimes = dict[str | None, list[datetime]]


@dataclass(frozen=True, slots=True)
class _Reader:
    """When a person joined, and came to which topic later; and the categories they mute."""

    joined: datetime
    muted: frozenset[str] = frozenset()
    arrivals: dict[str, datetime] = field(default_factory=dict)

    def since(self, topic: str) -> datetime:
        return max(self.joined, self.arrivals.get(topic, self.joined))


class _Done(NamedTuple):
    """How many notifications a person has read or archived, and how many of them seen."""

    read: int
    seen: int


_NOTHING_DONE = _Done(0, 0)


async def load(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """`of_all`, off the event loop."""
    return await in_thread(of_all, people)


def of(user: User, own: Sequence[str]) -> dict[str, int]:
    """The counts of one person, whose inbox has these topics."""
    id = str(user.pk)
    return of_all([Person(id, user.get_username(), tuple(own))])[id]


def of_all(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """By person's id: ``unread``, ``unseen``, and the ``version`` of both, in three queries.

    The notifications of a topic are counted once for all its readers; what each of them has read or muted is
    subtracted. The version is from before the queries, and no other count has it: whatever was published
    after it leads to another count, with a higher version.
    """
    version = _version()
    now = timezone.now()
    topics = {topic for person in people for topic in person.own}
    keys = user_model.keys_of(person.id for person in people)
    ids = set(keys.values())
    readers = _readers(user_model.users().filter(pk__in=ids))
    muted = frozenset[str]().union(*(reader.muted for reader in readers.values()))
    due = _due_times(topics, muted, now)
    arrivals = any(reader.arrivals for reader in readers.values())
    done = _done(ids, topics, muted, now, arrivals=arrivals)
    counts = {}
    for person in people:
        key = keys.get(person.id)
        reader = readers.get(key) or _Reader(now)
        unread = unseen = 0
        for topic in person.own:
            for category, times in due.get(topic, {}).items():
                if category not in reader.muted:
                    total = len(times) - bisect_left(times, reader.since(topic))
                    read, seen = done.get((key, topic, category), _NOTHING_DONE)
                    unread += total - read
                    unseen += total - seen
        counts[person.id] = {"unread": unread, "unseen": unseen, "version": version}
    return counts


def _readers(users: QuerySet[User]) -> dict[Key, _Reader]:
    recorded = [JOINED_FIELD] if user_model.has_field(JOINED_FIELD) else []
    rows = users.values_list(
        "pk", "notification_preference__choices", "arrivals__topic", "arrivals__since", *recorded
    )
    readers: dict[Key, _Reader] = {}
    for key, choices, topic, since, *joined in rows:
        reader = readers.get(key)
        if reader is None:
            began = next(iter(joined), None) or EPOCH
            reader = readers[key] = _Reader(began, preference_rule.muted(choices))
        if topic and not settings.HUB_NEWCOMERS_SEE_PAST:
            reader.arrivals[topic] = since
    return readers


def _due_times(topics: Collection[str], muted: Collection[str], now: datetime) -> dict[str, _DueTimes]:
    """The due times of what is visible on these topics, with each of the ``muted`` categories apart."""
    due: dict[str, _DueTimes] = {}
    rows = Notification.objects.filter(visible(now), topic__in=topics).order_by("due_at")
    for topic, category, due_at in rows.values_list("topic", "category", "due_at"):
        part = category if category in muted else None
        due.setdefault(topic, {}).setdefault(part, []).append(due_at)
    return due


def _done(
    ids: Collection[Key], topics: Collection[str], muted: Collection[str], now: datetime, *, arrivals: bool
) -> dict[tuple[Key, str, str | None], _Done]:
    """By user, topic and category (as in `_due_times`).

    Without ``arrivals`` nobody came to a topic after they joined, which spares the query a condition.
    """
    part: Case | Value = Value(None, output_field=CharField())
    if muted:
        part = Case(When(notification__category__in=muted, then="notification__category"))
    read = Q(read_at__isnull=False) | Q(archived_at__isnull=False)
    rows = (
        Reading.objects.filter(
            visible(now, "notification__"),
            arrived(OuterRef("user"), "notification__topic", "notification__due_at") if arrivals else Q(),
            user_model.joined_by(F("notification__due_at"), "user__"),
            user__in=ids,
            notification__topic__in=topics,
        )
        .values_list("user_id", "notification__topic", part)
        .annotate(reads=Count("pk", filter=read), seens=Count("pk", filter=read | Q(seen_at__isnull=False)))
    )
    return {(user, topic, category): _Done(reads, seens) for user, topic, category, reads, seens in rows}


def _version() -> int:
    try:
        return shared_log().version()
    except LogAway:
        # Positions are microseconds: the clock goes on about where the log stopped.
        return time.time_ns() // 1000
