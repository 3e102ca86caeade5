"""Numbers of users: the integers by which id bitmaps, token ids and the audit log name them.

A primary key that the database counts is its user's number. For other keys there is a row of `UserNumber`,
made when the number is first needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from notifications import user_model
from notifications.user_model import Key

MAX_NUMBER = (1 << 48) - 1  # of an id bitmap
BATCH_SIZE = 500  # people per query


class UserNumber(models.Model):
    """The number of a user whose primary key is none."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user} · {self.pk}"


def of(user: Key) -> int:
    """The number of one user (by key)."""
    return of_keys([user])[user]


def of_keys(people: Collection[Key]) -> Mapping[Key, int]:
    """The numbers of these users, by key."""
    if user_model.has_numbers_as_keys():
        return {key: key for key in people}
    keys = list(dict.fromkeys(people))
    found: dict[Key, int] = {}
    for start in range(0, len(keys), BATCH_SIZE):
        batch = keys[start : start + BATCH_SIZE]
        numbers = UserNumber.objects.filter(user__in=batch).values_list("user_id", "id")
        found.update(numbers)
        if missing := [UserNumber(user_id=key) for key in batch if key not in found]:
            # Another instance may number the same people now.
            UserNumber.objects.bulk_create(missing, ignore_conflicts=True)
            found.update(numbers.all())
    return found


def of_ids(people: Iterable[str]) -> Mapping[str, int]:
    """The numbers of those of these users who exist, by id."""
    keys = user_model.keys_of(people)
    if user_model.has_numbers_as_keys():
        return {id: key for id, key in keys.items() if key <= MAX_NUMBER}
    numbers = of_keys(user_model.existing([*keys.values()]))
    return {id: numbers[key] for id, key in keys.items() if key in numbers}


def assign(rows: QuerySet[Any]) -> None:
    """Give a number to the ``user`` of each of these rows who has none."""
    if not user_model.has_numbers_as_keys():
        of_keys(set(rows.values_list("user_id", flat=True)))


def sql(column: str) -> str:
    """The number of the user whose key this column has, in SQL; null without one."""
    if user_model.has_numbers_as_keys():
        return f"CAST({column} AS bigint)"
    return f"(SELECT id FROM {UserNumber._meta.db_table} AS numbered WHERE numbered.user_id = {column})"  # noqa: S608


def key_of(number: int) -> Key:
    """The key of the user with this number; None if there is none (any more)."""
    if user_model.has_numbers_as_keys():
        return number
    return UserNumber.objects.filter(pk=number).values_list("user_id", flat=True).first()
