"""The unread and unseen counts of inboxes."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from hub.log import LogAway
from hub.log.current import shared_log
from hub.ports import Person
from hub.support.threads import in_thread
from notifications import user_model
from notifications.inbox import readers
from notifications.inbox.buckets import Bounds, Bucket
from notifications.inbox.watermarks import reaching
from notifications.models import Notification, Reading, arrived, visible
from notifications.user_model import Key, User

_POSITION = OuterRef("notification__position")


class _Part(NamedTuple):
    """How many visible notifications of one category (None: any other than those set
    apart) are in one bucket of due times and one of positions."""

    category: str | None
    due: int
    position: int
    size: int


class _Change(NamedTuple):
    """By how much read states of one category (as in `_Part`) change what follows from the watermarks."""

    category: str | None
    unread: int
    unseen: int


async def load(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """`of_all`, off the event loop."""
    return await in_thread(of_all, people)


def of(user: User, own: Sequence[str]) -> dict[str, int]:
    """The counts of one person, whose inbox has these topics."""
    id = str(user.pk)
    return of_all([Person(id, user.get_username(), tuple(own))])[id]


def of_all(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """By person's id: ``unread``, ``unseen``, and the ``version`` of both, in three queries.

    The notifications of a topic are counted once for all its readers, by the database, between the moments
    from which they are theirs and the watermarks up to which they were read. What each of them has marked
    one by one, or muted, is accounted for. The version is from before the queries, and no other count has
    it: whatever was published after it leads to another count, with a higher version.
    """
    version = _version()
    now = timezone.now()
    topics = {topic for person in people for topic in person.own}
    keys = user_model.keys_of(person.id for person in people)
    known = readers.of({*keys.values()})
    apart = frozenset[str]().union(*(reader.muted.categories for reader in known.values()))
    if any(reader.muted.topics for reader in known.values()):
        apart |= frozenset(settings.HUB_MANDATORY_CATEGORIES)
    found = [(person, reader) for person in people if (reader := known.get(keys.get(person.id)))]
    due = Bounds(reader.since(topic) for person, reader in found for topic in person.own)
    above = Bounds(upto + 1 for _, reader in found for mark in reader.marks.values() for upto in mark if upto)
    parts = _parts(topics, apart, due, above, now)
    arrivals = any(reader.arrivals for reader in known.values())
    changes = _changes(known, topics, apart, now, arrivals=arrivals, marks=bool(above.values))
    counts = {person.id: {"unread": 0, "unseen": 0, "version": version} for person in people}
    for person, reader in found:
        unread = unseen = 0
        for topic in person.own:
            since = due.bucket(reader.since(topic))
            read, seen = (above.bucket(upto + 1) if upto else 0 for upto in reader.upto(topic))
            for category, due_in, position_in, size in parts.get(topic, ()):
                if due_in >= since and not reader.muted.covers(topic, category):
                    unread += size if position_in >= read else 0
                    unseen += size if position_in >= seen else 0
            for change in changes.get((keys[person.id], topic), ()):
                if not reader.muted.covers(topic, change.category):
                    unread += change.unread
                    unseen += change.unseen
        counts[person.id] |= {"unread": unread, "unseen": unseen}
    return counts


def _parts(
    topics: Collection[str], apart: Collection[str], due: Bounds, above: Bounds, now: datetime
) -> dict[str, list[_Part]]:
    """What is visible on these topics from the earliest bound on, in parts, with each of the
    categories ``apart``.

    No watermark reaches what has no position.
    """
    if not due.values:
        return {}
    highest = len(above.values)
    position = Case(When(position__gt=0, then=Bucket("position", above)), default=highest)
    rows = (
        Notification.objects.filter(visible(now), topic__in=topics, due_at__gte=due.values[0])
        .order_by()
        .values_list(
            "topic",
            _category(apart, ""),
            Bucket("due_at", due) if len(due.values) > 1 else Value(1),
            position if highest else Value(0),
        )
        .annotate(size=Count("*"))
    )
    parts: dict[str, list[_Part]] = {}
    for topic, *part in rows:
        parts.setdefault(topic, []).append(_Part(*part))
    return parts


def _changes(
    keys: Collection[Key],
    topics: Collection[str],
    apart: Collection[str],
    now: datetime,
    *,
    arrivals: bool,
    marks: bool,
) -> dict[tuple[Key, str], list[_Change]]:
    """By user and topic.

    Without ``arrivals`` nobody came to a topic after they joined, and without ``marks`` there are no
    watermarks, which spares the query conditions.
    """
    done = Q(read_at__isnull=False) | Q(archived_at__isnull=False)
    numbers: dict[str, Any] = {}
    for name, is_done in (("unread", done), ("unseen", done | Q(seen_at__isnull=False))):
        if marks:
            found = reaching(OuterRef("user"), "notification__topic", _POSITION, read=name == "unread")
            reached = Q(Exists(found))
            numbers[name] = Count("pk", filter=~is_done & reached) - Count("pk", filter=is_done & ~reached)
        else:
            numbers[name] = Count("pk", filter=is_done)
    rows = (
        Reading.objects.filter(
            visible(now, "notification__"),
            arrived(OuterRef("user"), "notification__topic", "notification__due_at") if arrivals else Q(),
            user_model.joined_by(F("notification__due_at"), "user__"),
            user__in=keys,
            notification__topic__in=topics,
        )
        .values_list("user_id", "notification__topic", _category(apart, "notification__"))
        .annotate(**numbers)
    )
    changes: dict[tuple[Key, str], list[_Change]] = {}
    for user, topic, *change in rows:
        category, unread, unseen = change
        sign = 1 if marks else -1
        changes.setdefault((user, topic), []).append(_Change(category, sign * unread, sign * unseen))
    return changes


def _category(apart: Collection[str], prefix: str) -> Case | Value:
    """A notification's category if it is one of these, else null."""
    if not apart:
        return Value(None, output_field=CharField())
    return Case(When(**{f"{prefix}category__in": apart}, then=f"{prefix}category"))


def _version() -> int:
    try:
        return shared_log().version()
    except LogAway:
        # Positions are microseconds: the clock goes on about where the log stopped.
        return time.time_ns() // 1000
