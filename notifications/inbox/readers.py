"""What a person's counts depend on but for notifications: since when topics are theirs, mutes, watermarks."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from notifications import user_model
from notifications.access.lookups import person_rows
from notifications.inbox import preference_rule
from notifications.inbox.preference_rule import Muted
from notifications.inbox.watermarks import NOTHING, Upto
from notifications.models import Arrival, Preference, Watermark
from notifications.user_model import EPOCH, JOINED_FIELD, Key

NONE_MUTED = Muted()


@dataclass(frozen=True, slots=True)
class Reader:
    """When a person joined, and came to which topic later; what they mute; and up to which position they read
    and saw everything, by topic."""

    joined: datetime
    muted: Muted = NONE_MUTED
    arrivals: dict[str, datetime] = field(default_factory=dict)
    marks: dict[str, Upto] = field(default_factory=dict)

    def since(self, topic: str) -> datetime:
        """Since when the topic is theirs."""
        return max(self.joined, self.arrivals.get(topic, self.joined))

    def upto(self, topic: str) -> Upto:
        """Their watermarks of the topic."""
        return self.marks.get(topic, NOTHING)


def of(people: Collection[Key]) -> dict[Key, Reader]:
    """By key, of those of these people who exist, in one query: of rows per arrival, and rows per
    watermark."""
    readers: dict[Key, Reader] = {}
    reached: list[tuple[Key, str, Upto]] = []
    for key, joined, choices, muted_topics, topic, since, read, seen in _rows(people):
        if seen is not None:
            reached.append((key, topic, Upto(read, seen)))
            continue
        reader = readers.get(key)
        if reader is None:
            began = EPOCH if joined is None else person_rows.moment(joined)
            muted = NONE_MUTED
            if choices:
                muted = preference_rule.muted(json.loads(choices), json.loads(muted_topics))
            reader = readers[key] = Reader(began, muted)
        if topic and not settings.HUB_NEWCOMERS_SEE_PAST:
            reader.arrivals[topic] = person_rows.moment(since)
    for key, topic, upto in reached:
        if key in readers:
            readers[key].marks[topic] = upto
    return readers


def _rows(people: Collection[Key]) -> list[Any]:
    if not people:
        return []
    key: Any = user_model.key_field()
    plain = user_model.has_integer_keys()
    values = [*people] if plain else [key.get_db_prep_value(person, connection) for person in people]
    with connection.cursor() as cursor:
        cursor.execute(_sql().format(people=person_rows.places(people)), values * 2)
        rows = list(cursor.fetchall())
    return rows if plain else [(key.to_python(person), *rest) for person, *rest in rows]


@cache
def _sql() -> str:
    """Not built anew by the ORM each time: every event counts for its readers."""
    quote = connection.ops.quote_name
    user: Any = get_user_model()._meta
    key = quote(user.pk.column)
    recorded = user_model.has_field(JOINED_FIELD)
    joined = f"person.{quote(user.get_field(JOINED_FIELD).column)}" if recorded else "NULL"
    preferences, arrivals, marks = (quote(of._meta.db_table) for of in (Preference, Arrival, Watermark))
    return f"""
        SELECT person.{key}, {joined}, preference.choices, preference.muted_topics, arrival.topic,
                arrival.since, NULL, NULL
            FROM {quote(user.db_table)} AS person
            LEFT JOIN {preferences} AS preference ON preference.user_id = person.{key}
            LEFT JOIN {arrivals} AS arrival ON arrival.user_id = person.{key}
            WHERE person.{key} IN {{people}}
        UNION ALL SELECT user_id, NULL, NULL, NULL, topic, NULL,
                max(CASE WHEN read THEN upto ELSE 0 END), max(upto)
            FROM {marks} WHERE user_id IN {{people}} GROUP BY user_id, topic
    """  # noqa: S608
