"""Notes to whom this instance gave which notification, so that it can be told later."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from hub.people import Caught, Given
from notifications.crowd import LARGEST, Crowd
from notifications.models import Delivery, Notification

BATCH = 1000  # rows a query


def write(given: Sequence[Given], caught: Sequence[Caught]) -> None:
    """A row for each that was given when it came, and one for each that was caught up on, whoever by.

    In as many queries whatever the numbers. What is not an id, of a notification or a person, is left out.
    """
    rows = []
    for one in given:
        id = _id(one.id)
        people = Crowd(_numbers(one.people))
        if id is not None and people:
            rows.append(_row(id, people, one.at, late=False))
    for id, (people, at) in _caught(caught).items():
        rows.append(_row(id, people, at, late=True))
    Delivery.objects.bulk_create(rows, batch_size=BATCH)


def _caught(caught: Sequence[Caught]) -> dict[UUID, tuple[Crowd, float]]:
    """Of each notification that was replayed: to whom, and when the last of them had it."""
    stretches = [one for one in caught if one.upto > one.after and one.topics and [*_numbers([one.person])]]
    if not stretches:
        return {}
    rows = Notification.objects.filter(
        # The log may still play what has expired, but no list shows it any more.
        Q(expires_at=None) | Q(expires_at__gt=_moment(min(one.at for one in stretches))),
        topic__in={topic for one in stretches for topic in one.topics},
        position__gt=min(one.after for one in stretches),
        position__lte=max(one.upto for one in stretches),
        recalled_at=None,
    ).order_by("position")
    standing: dict[str, tuple[list[int], list[UUID]]] = defaultdict(lambda: ([], []))
    for topic, position, id in rows.values_list("topic", "position", "pk"):
        assert position is not None  # noqa: S101
        positions, ids = standing[topic]
        positions.append(position)
        ids.append(id)
    people: dict[UUID, set[int]] = defaultdict(set)
    moments: dict[UUID, float] = defaultdict(float)
    for one in stretches:
        for topic in set(one.topics) & standing.keys():
            positions, ids = standing[topic]
            for id in ids[bisect_right(positions, one.after) : bisect_right(positions, one.upto)]:
                people[id].add(int(one.person))
                moments[id] = max(moments[id], one.at)
    return {id: (Crowd(crowd), moments[id]) for id, crowd in people.items()}


def _row(id: UUID, people: Crowd, at: float, *, late: bool) -> Delivery:
    return Delivery(
        notification_id=id,
        instance=settings.HUB_INSTANCE,
        at=_moment(at),
        late=late,
        people=people.pack(),
        size=len(people),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _numbers(ids: Iterable[str]) -> Iterable[int]:
    return (int(id) for id in ids if id.isascii() and id.isdigit() and len(id) < len(str(LARGEST)))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
