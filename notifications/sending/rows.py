"""The rows of sendings, and their positions, stored by one statement where the database can: it needs no
transaction around it.

Django's own inserts and updates build and compile a query for each, which costs more than to run it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault

from notifications.models import Notification, Sending

# What psycopg adapts by itself; other values are prepared by their field.
_PLAIN = (str, bool, int, datetime, UUID)

Stored = tuple[Sending, Sequence[Notification]]  # a sending, and its notifications


def are_one_statement() -> bool:
    """Whether `insert` is all or none without a transaction around it."""
    return connection.vendor == "postgresql"


def insert(sendings: Sequence[Stored]) -> None:
    """Store sendings with their notifications; raise `IntegrityError` for one that is stored already."""
    rows = [row for _, several in sendings for row in several]
    if not are_one_statement():
        for sending, _ in sendings:
            sending.save(force_insert=True)
        Notification.objects.bulk_create(rows)
        return
    first, parameters = _statement([sending for sending, _ in sendings])
    second, more = _statement(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH stored AS ({first}) {second}", [*parameters, *more])
    for stored in (*rows, *(sending for sending, _ in sendings)):
        stored._state.adding = False
        stored._state.db = connection.alias


def set_positions(rows: Sequence[Notification], *, recalled: bool) -> None:
    """Store the positions of rows that are still recalled, or still not; the others got a recall's position
    meanwhile, or will."""
    quote = connection.ops.quote_name
    table, id, position = quote(Notification._meta.db_table), quote("id"), quote("position")
    unchanged = f"{quote('recalled_at')} IS {'NOT ' if recalled else ''}NULL"
    with connection.cursor() as cursor:
        if len(rows) > 1 and are_one_statement():
            marks = ", ".join(["(%s::uuid, %s::bigint)"] * len(rows))
            ids = [row.pk for row in rows]
            # Locked in the one order of all that lock rows: an update locks them as it finds them.
            cursor.execute(
                f"WITH locked AS (SELECT {id} FROM {table} WHERE {id} = ANY(%s) AND {unchanged} "  # noqa: S608
                f"ORDER BY {id} FOR UPDATE), given ({id}, {position}) AS (VALUES {marks}) "
                f"UPDATE {table} AS stored SET {position} = given.{position} FROM locked, given "
                f"WHERE locked.{id} = stored.{id} AND given.{id} = stored.{id}",
                [ids, *(value for row in rows for value in (row.pk, row.position))],
            )
            return
        update = f"UPDATE {table} SET {position} = %s WHERE {id} = %s AND {unchanged}"  # noqa: S608
        prepare = Notification._meta.get_field("id").get_db_prep_value
        if len(rows) == 1:
            cursor.execute(update, [rows[0].position, prepare(rows[0].pk, connection)])
        else:
            with transaction.atomic():
                cursor.executemany(update, [(row.position, prepare(row.pk, connection)) for row in rows])


def _statement(rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
    """An INSERT of rows of one model, and its parameters, without columns that are NULL or their default."""
    model = type(rows[0])
    given = {field: [getattr(row, field.attname) for row in rows] for field in model._meta.concrete_fields}
    columns = {field: values for field, values in given.items() if not all(map(_is_default, values))}
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in columns)
    lists, parameters = [], []
    for number in range(len(rows)):
        marks = []
        for field, values in columns.items():
            value = values[number]
            if isinstance(value, DatabaseDefault):
                marks.append("DEFAULT")
                continue
            marks.append("%s")
            plain = value is None or type(value) in _PLAIN
            parameters.append(value if plain else field.get_db_prep_save(value, connection))
        lists.append(f"({', '.join(marks)})")
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join(lists)}", parameters  # noqa: S608


def _is_default(value: object) -> bool:
    return value is None or isinstance(value, DatabaseDefault)
