"""Notes to whom this instance gave which notification, so that it can be told later."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import Q

from hub.ports import Caught, Given
from hub.support.faults import malformed
from notifications.models import Delivery, Notification
from notifications.tracking.id_bitmap import LARGEST, Crowd

BATCH = 1000  # rows a query
AWAY = (OperationalError, InterfaceError)


def write(given: Sequence[Given], caught: Sequence[Caught]) -> None:
    """A row for each that was given when it came, and one for each that was caught up on, whoever by; not for
    who is noted with it already.

    In as many queries whatever the numbers. What is not an id, of a notification or a person, is left out,
    and so is what the database refuses.
    """
    rows = []
    live: dict[UUID, Crowd] = defaultdict(Crowd)
    for one in given:
        with _skipping(one.id):
            id = _id(one.id)
            people = Crowd(_numbers(one.people))
            if id is not None and people:
                rows.append(_row(id, people, one.at, late=False))
                live[id] |= people
    for id, (people, at) in _caught(caught).items():
        if fresh := people - live[id]:
            with _skipping(str(id)):
                rows.append(_row(id, fresh, at, late=True))
    for start in range(0, len(rows), BATCH):
        _insert(rows[start : start + BATCH])


def _insert(rows: list[Delivery]) -> None:
    """As many of them as the database takes."""
    try:
        Delivery.objects.bulk_create(rows)
    except AWAY:
        raise
    except (DatabaseError, ValueError, TypeError, OverflowError) as error:
        if len(rows) == 1:
            return malformed.note("delivery", str(rows[0].notification_id), error)
        half = len(rows) // 2
        _insert(rows[:half])
        _insert(rows[half:])


def _caught(caught: Sequence[Caught]) -> dict[UUID, tuple[Crowd, float]]:
    """Of each notification that was replayed: to whom of those who did not have it, and when the last of them
    did."""
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
    ).order_by("position", "pk")
    had: dict[UUID, Crowd] = defaultdict(Crowd)
    standing: dict[str, tuple[list[int], list[UUID]]] = defaultdict(lambda: ([], []))
    for topic, position, id, people in rows.values_list("topic", "position", "pk", "deliveries__people"):
        assert position is not None  # noqa: S101
        positions, ids = standing[topic]
        if not ids or ids[-1] != id:
            positions.append(position)
            ids.append(id)
        if people is not None:
            with _skipping(str(id)):
                had[id] |= Crowd.unpack(people)
    given: dict[UUID, set[int]] = defaultdict(set)
    moments: dict[UUID, float] = defaultdict(float)
    for one in stretches:
        for topic in set(one.topics) & standing.keys():
            positions, ids = standing[topic]
            for id in ids[bisect_right(positions, one.after) : bisect_right(positions, one.upto)]:
                if int(one.person) not in had[id]:
                    given[id].add(int(one.person))
                    moments[id] = max(moments[id], one.at)
    return {id: (Crowd(people), moments[id]) for id, people in given.items()}


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


@contextmanager
def _skipping(id: str) -> Iterator[None]:
    """What cannot be noted of one notification costs the others nothing."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, OSError) as error:
        malformed.note("delivery", id[:64], error)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
