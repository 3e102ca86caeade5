"""What is recorded of how a sending was received: its deliveries, and what people did with it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from django.db.models import BigIntegerField, Case, ExpressionWrapper, When

from notifications.models import Delivery, Reading, user_numbers
from notifications.tracking.id_bitmap import IdBitmap

RATE_WINDOW_S = 5


class Deliveries:
    """The recorded deliveries of a sending: to whom, by which instance, of which row, and how fast; and by
    whose pages they were ``acknowledged``."""

    def __init__(self, sending: UUID, now: datetime) -> None:
        self.people = IdBitmap()
        self.acknowledged = IdBitmap()
        self.instances: defaultdict[str, IdBitmap] = defaultdict(IdBitmap)
        self.rows: defaultdict[UUID, IdBitmap] = defaultdict(IdBitmap)
        self.recent = 0  # in the last `RATE_WINDOW_S`
        self._new: list[tuple[datetime, int]] = []  # when how many people received it for the first time
        deliveries = Delivery.objects.filter(notification__sending=sending).order_by("at", "id")
        columns = "notification_id", "at", "instance", "people", "size", "acknowledged"
        for row, at, instance, packed, size, acknowledged in deliveries.values_list(*columns).iterator():
            people = IdBitmap.unpack(packed)
            if acknowledged:
                self.acknowledged |= people
                continue
            self._new.append((at, len(people - self.people)))
            self.people |= people
            self.instances[instance] |= people
            self.rows[row] |= people
            if at > now - timedelta(seconds=RATE_WINDOW_S):
                self.recent += size

    def percentile_ms(self, percent: int, due_at: datetime) -> int | None:
        """The time after ``due_at`` by which this share of the people had received it; None for no people."""
        received = 0
        for at, new in self._new:
            received += new
            if new and 100 * received >= percent * len(self.people):
                return max(0, (at - due_at) // timedelta(milliseconds=1))
        return None


class Readings(NamedTuple):
    """Who saw it, who read it, and who followed its link."""

    seen: IdBitmap
    read: IdBitmap
    clicked: IdBitmap

    @classmethod
    def of(cls, sending: UUID) -> Self:
        # One integer per row, the user's number and a bit per verb: half a tuple's time, for 100,000 rows.
        verbs = cls._fields
        rows = Reading.objects.filter(notification__sending=sending)
        encoded = user_numbers.column(rows) * (1 << len(verbs))
        for bit, verb in enumerate(verbs):
            encoded += Case(When(**{f"{verb}_at__isnull": False}, then=1 << bit), default=0)
        found = list(rows.values_list(ExpressionWrapper(encoded, BigIntegerField()), flat=True))
        return cls(*(IdBitmap(n >> len(verbs) for n in found if n >> bit & 1) for bit in range(len(verbs))))
