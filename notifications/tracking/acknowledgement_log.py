"""Rows for what pages have acknowledged of the deliveries on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from notifications.models import Delivery, user_numbers
from notifications.tracking.delivery_log import BATCH_SIZE, insert, parsed_id, row_of, skipping
from notifications.tracking.id_bitmap import IdBitmap

RECENT = timedelta(hours=1)  # what was delivered before is acknowledged no more


class Acknowledgement(NamedTuple):
    """A page of a person (by id) has received a notification (by id); ``at`` is Unix time."""

    id: str
    person: str
    at: float


class _Recorded(NamedTuple):
    """To whom a notification was delivered lately, and who has acknowledged it."""

    delivered: IdBitmap
    acknowledged: IdBitmap


def write(acknowledgements: Sequence[Acknowledgement]) -> list[Acknowledgement]:
    """Store one row per notification for the people who had not acknowledged it yet.

    Returns what nothing is recorded to acknowledge of: another instance may write its delivery later. Two
    queries for a thousand notifications; skips ids that are not valid; raises only where the database is
    unavailable.
    """
    by_id: dict[UUID, list[Acknowledgement]] = defaultdict(list)
    numbered = user_numbers.of_ids({one.person for one in acknowledgements})
    for one in acknowledgements:
        id = parsed_id(one.id)
        if id is not None and one.person in numbered:
            by_id[id].append(one)
    ids = list(by_id)
    unmatched = []
    for start in range(0, len(ids), BATCH_SIZE):
        batch = ids[start : start + BATCH_SIZE]
        recorded = _recorded(batch)
        rows = []
        for id in batch:
            delivered, acknowledged = recorded[id]
            unmatched += [one for one in by_id[id] if numbered[one.person] not in delivered]
            found = [one for one in by_id[id] if numbered[one.person] in delivered]
            if fresh := IdBitmap(numbered[one.person] for one in found) - acknowledged:
                rows.append(row_of(id, fresh, max(one.at for one in found), acknowledged=True))
        insert(rows)
    return unmatched


def _recorded(ids: Collection[UUID]) -> dict[UUID, _Recorded]:
    recorded: dict[UUID, _Recorded] = defaultdict(lambda: _Recorded(IdBitmap(), IdBitmap()))
    rows = Delivery.objects.filter(notification__in=ids, at__gt=timezone.now() - RECENT)
    for id, people, acknowledged in rows.values_list("notification_id", "people", "acknowledged"):
        with skipping(str(id)):
            delivered, known = recorded[id]
            more = IdBitmap.unpack(people)
            if acknowledged:
                recorded[id] = _Recorded(delivered, known | more)
            else:
                recorded[id] = _Recorded(delivered | more, known)
    return recorded
