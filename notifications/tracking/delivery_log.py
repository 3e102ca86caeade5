"""Delivery rows: which people this instance delivered a notification to, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q

from hub.support.faults import malformed
from hub.support.outages import DATABASE_AWAY
from notifications.models import Delivery, Notification, user_numbers
from notifications.tracking.id_bitmap import IdBitmap

BATCH_SIZE = 1000  # rows per query


class _Published(NamedTuple):
    """The notifications of one topic, in log order: position and id of each, at the same index."""

    positions: list[int]
    ids: list[UUID]


class _Late(NamedTuple):
    """The people a replay brought one notification to, and when the last of them received it (Unix time)."""

    people: IdBitmap
    at: float


@dataclass(frozen=True, slots=True)
class LiveDelivery:
    """The people (by id) to whom this instance delivered a notification (by id) when it came; ``at`` is Unix
    time."""

    id: str
    at: float
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReplayDelivery:
    """A person who returned was sent everything on these topics with after < position <= upto."""

    person: str
    topics: tuple[str, ...]
    after: int
    upto: int
    at: float


def write(given: Sequence[LiveDelivery], caught: Sequence[ReplayDelivery]) -> None:
    """Store one row per live delivery, and one per replayed notification for the people who did not have it.

    The number of queries is constant. Skips ids that are not valid and rows the database refuses; raises
    only where the database is unavailable.
    """
    rows = []
    live: dict[UUID, IdBitmap] = defaultdict(IdBitmap)
    named = frozenset(one.person for one in caught).union(*(one.people for one in given))
    numbered = user_numbers.of_ids(named)
    for one in given:
        with skipping(one.id):
            id = parsed_id(one.id)
            people = IdBitmap(numbered[person] for person in one.people if person in numbered)
            if id is not None and people:
                rows.append(row_of(id, people, one.at))
                live[id] |= people
    for id, late in _caught_up(caught, numbered).items():
        if fresh := late.people - live[id]:
            with skipping(str(id)):
                rows.append(row_of(id, fresh, late.at, late=True))
    insert(rows)


def insert(rows: list[Delivery]) -> None:
    """Insert the rows without those that the database refuses; raise only where it is unavailable."""
    for start in range(0, len(rows), BATCH_SIZE):
        _insert(rows[start : start + BATCH_SIZE])


def _insert(rows: list[Delivery]) -> None:
    """Halves the batch to leave out those the database refuses."""
    try:
        Delivery.objects.bulk_create(rows)
    except DATABASE_AWAY:
        raise
    except (DatabaseError, ValueError, TypeError, OverflowError) as error:
        if len(rows) == 1:
            return malformed.record("delivery", str(rows[0].notification_id), error)
        half = len(rows) // 2
        _insert(rows[:half])
        _insert(rows[half:])


def _caught_up(caught: Sequence[ReplayDelivery], numbered: Mapping[str, int]) -> dict[UUID, _Late]:
    """By notification, the people who received it by these replays and had not received it before."""
    replays = [one for one in caught if one.upto > one.after and one.topics and one.person in numbered]
    if not replays:
        return {}
    published, recorded = _replayed(replays)
    people: dict[UUID, set[int]] = defaultdict(set)
    last: dict[UUID, float] = defaultdict(float)
    for one in replays:
        person = numbered[one.person]
        for topic in set(one.topics) & published.keys():
            positions, ids = published[topic]
            for id in ids[bisect_right(positions, one.after) : bisect_right(positions, one.upto)]:
                if person not in recorded[id]:
                    people[id].add(person)
                    last[id] = max(last[id], one.at)
    return {id: _Late(IdBitmap(some), last[id]) for id, some in people.items()}


def _replayed(replays: Sequence[ReplayDelivery]) -> tuple[dict[str, _Published], dict[UUID, IdBitmap]]:
    """By topic what was published on it, and by notification who has a delivery already."""
    rows = Notification.objects.filter(
        # The log may still replay what has expired, but no list shows it any more.
        Q(expires_at=None) | Q(expires_at__gt=_datetime(min(one.at for one in replays))),
        topic__in={topic for one in replays for topic in one.topics},
        position__gt=min(one.after for one in replays),
        position__lte=max(one.upto for one in replays),
        recalled_at=None,
    ).order_by("position", "pk")
    published: dict[str, _Published] = defaultdict(lambda: _Published([], []))
    recorded: dict[UUID, IdBitmap] = defaultdict(IdBitmap)
    for topic, position, id, people in rows.values_list("topic", "position", "pk", "deliveries__people"):
        assert position is not None  # noqa: S101
        positions, ids = published[topic]
        if not ids or ids[-1] != id:
            positions.append(position)
            ids.append(id)
        if people is not None:
            with skipping(str(id)):
                recorded[id] |= IdBitmap.unpack(people)
    return published, recorded


def row_of(
    id: UUID, people: IdBitmap, at: float, *, late: bool = False, acknowledged: bool = False
) -> Delivery:
    return Delivery(
        notification_id=id,
        instance=settings.HUB_INSTANCE,
        at=_datetime(at),
        late=late,
        acknowledged=acknowledged,
        people=people.pack(),
        size=len(people),
    )


def parsed_id(text: str) -> UUID | None:
    """None for what is not the id of a notification."""
    try:
        return UUID(text)
    except ValueError:
        return None


@contextmanager
def skipping(id: str) -> Iterator[None]:
    """Skip a notification whose delivery cannot be stored; the others are stored."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, OSError) as error:
        malformed.record("delivery", id[:64], error)


def _datetime(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
