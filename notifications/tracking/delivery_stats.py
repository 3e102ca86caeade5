"""What is recorded of how a sending was received: its deliveries, and what people did with it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from django.db import connection

from notifications.models import Delivery, Notification, Reading, Watermark, user_numbers
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
        """By read states and, of notifications without one, by watermarks; in one query."""
        user_numbers.assign(Reading.objects.filter(notification__sending=sending))
        id = Notification._meta.get_field("sending").get_db_prep_value(sending, connection)
        with connection.cursor() as cursor:
            cursor.execute(_read_sql(), [id, id])
            found = [number for (number,) in cursor.fetchall() if number is not None]
        bits = len(cls._fields)
        return cls(*(IdBitmap(n >> bits for n in found if n >> bit & 1) for bit in range(bits)))


def _read_sql() -> str:
    """One integer per row, the user's number and a bit per field of `Readings`: half a tuple's time, for
    100,000 rows. A watermark reaches what was in the inbox when it was set."""
    reading, row, mark = (model._meta.db_table for model in (Reading, Notification, Watermark))
    return f"""
        SELECT {user_numbers.sql("own.user_id")} * 8 + CASE WHEN seen_at IS NULL THEN 0 ELSE 1 END
            + CASE WHEN read_at IS NULL THEN 0 ELSE 2 END + CASE WHEN clicked_at IS NULL THEN 0 ELSE 4 END
        FROM {reading} AS own JOIN {row} AS sent ON sent.id = own.notification_id WHERE sending_id = %s
        UNION ALL SELECT {user_numbers.sql("mark.user_id")} * 8 + CASE WHEN mark.read THEN 3 ELSE 1 END
        FROM {row} AS sent JOIN {mark} AS mark ON mark.topic = sent.topic
            AND mark.after < coalesce(sent.former_position, sent.position)
            AND mark.upto >= coalesce(sent.former_position, sent.position) AND mark.since <= sent.due_at
            AND (sent.expires_at IS NULL OR sent.expires_at > mark.at)
            AND (sent.recalled_at IS NULL OR sent.recalled_at > mark.at)
        WHERE sending_id = %s AND NOT EXISTS (
            SELECT 1 FROM {reading} AS own WHERE notification_id = sent.id AND own.user_id = mark.user_id
        )
    """  # noqa: S608
