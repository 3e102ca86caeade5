"""What admission reads of people, in one query: accounts, what they belong to and follow, and grants."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from notifications import user_model
from notifications.access.lookups import session_data
from notifications.models import Arrival, Ending, Grant, Subscription
from notifications.user_model import JOINED_FIELD, Key

PERSON, MEMBER, FOLLOWER, ARRIVAL, GRANT, ACCOUNT, SESSION = range(7)


def of(people: Collection[Key], *, admission: bool = False, sessions: Collection[str] = ()) -> Iterable[Any]:
    """Rows of kind, person, id, name, belonging and time, as far as each kind has them.

    What a person follows has 1 as its id if they chose it by themselves, and 0 else.

    For ``admission`` there are grants (of a group's id, with a pattern) and, where `is_plain`,
    accounts: whether they are staff and active (1 or 0), their password, and up to when their sessions ended.
    A person's row has their name then. The rows of ``sessions`` have their key, a colon and their data as a
    name, and the time of their expiry.
    """
    if not people:
        return []
    sql, parts = _sql(admission)
    key: Any = user_model.key_field()
    plain = user_model.has_integer_keys()
    values = [*people] if plain else [key.get_db_prep_value(person, connection) for person in people]
    values *= parts
    if sessions:
        sql += _sessions_sql()
        values += sessions
    with connection.cursor() as cursor:
        cursor.execute(sql.format(people=places(people), sessions=places(sessions)), values)
        rows = list(cursor.fetchall())
    return rows if plain else [(kind, key.to_python(person), *rest) for kind, person, *rest in rows]


def places(values: Collection[Any]) -> str:
    """Placeholders for these values, in parentheses."""
    return f"({', '.join(['%s'] * len(values))})"


def moment(at: datetime | str) -> datetime:
    """An aware datetime: SQLite returns text without a time zone."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@cache
def is_plain() -> bool:
    """Whether accounts can be read from the users' table as it is: it has what admission needs, no column of
    that is converted, and the manager hides no one."""
    model: Any = get_user_model()
    optional = [name for name in ("is_active", "is_staff") if user_model.has_field(name)]
    names = (model._meta.pk.name, "password", user_model.name_field(), *optional)
    fields = [model._meta.get_field(name) for name in names]
    own = model._meta.local_concrete_fields
    hides = bool(user_model.users().query.where)
    return not hides and all(field in own and not hasattr(field, "from_db_value") for field in fields)


@cache
def _sql(admission: bool) -> tuple[str, int]:
    """The query, and how many places for ``{people}`` it has; not built anew by the ORM each time, for every
    session connect runs it. The first part gives the types of columns that others leave empty."""
    quote = connection.ops.quote_name
    user: Any = get_user_model()._meta
    key, users = quote(user.pk.column), quote(user.db_table)
    accounts = admission and is_plain()
    column = {
        name: quote(user.get_field(name).column)
        for name in (JOINED_FIELD, "is_staff", "is_active", "password", user_model.name_field())
        if user_model.has_field(name)
    }
    joined = column.get(JOINED_FIELD, "NULL")
    name = f"CAST({column[user_model.name_field()]} AS text)" if accounts else "''"
    sql = f"""
        SELECT {ARRIVAL}, user_id, id, topic, belonging, since
            FROM {quote(Arrival._meta.db_table)} WHERE user_id IN {{people}}
        UNION ALL SELECT {FOLLOWER}, user_id, CASE WHEN chosen THEN 1 ELSE 0 END, topic, id, NULL
            FROM {quote(Subscription._meta.db_table)} WHERE user_id IN {{people}}
        UNION ALL SELECT {PERSON}, {key}, NULL, {name}, NULL, {joined} FROM {users} WHERE {key} IN {{people}}
    """  # noqa: S608
    parts = 3
    if (memberships := user_model.memberships()) is not None:
        table: Any = memberships.model._meta
        names = (memberships.user, memberships.group, table.pk.name)
        member, group, id = (f"member.{quote(table.get_field(name).column)}" for name in names)
        sql += f"""
            UNION ALL SELECT {MEMBER}, {member}, {group}, joined_group.name, {id}, NULL
                FROM {quote(table.db_table)} AS member
                JOIN {quote(Group._meta.db_table)} AS joined_group ON joined_group.id = {group}
                WHERE {member} IN {{people}}
        """  # noqa: S608
        parts += 1
    if admission:
        grants = quote(Grant._meta.db_table)
        sql += f" UNION ALL SELECT {GRANT}, NULL, group_id, pattern, id, NULL FROM {grants}"  # noqa: S608
    if accounts:
        staff, active = (
            f"CASE WHEN {column[name]} THEN 1 ELSE 0 END" if name in column else default
            for name, default in (("is_staff", "0"), ("is_active", "1"))
        )
        sql += f"""
            UNION ALL SELECT {ACCOUNT}, account.{key}, {staff}, {column["password"]}, {active}, sessions_at
                FROM {users} AS account
                LEFT JOIN {quote(Ending._meta.db_table)} AS ending ON ending.user_id = account.{key}
                WHERE account.{key} IN {{people}}
        """  # noqa: S608
        parts += 1
    return sql, parts


@cache
def _sessions_sql() -> str:
    table = connection.ops.quote_name(session_data.model()._meta.db_table)
    return f"""
        UNION ALL SELECT {SESSION}, NULL, NULL, session_key || ':' || session_data, NULL, expire_date
            FROM {table} WHERE session_key IN {{sessions}}
    """  # noqa: S608
