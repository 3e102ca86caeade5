"""Erases a user from what Redis keeps of rooms: their messages, last values and presence.

Nothing else changes a stream of the log. A client that resumes from before an erased message finds a gap, and
receives the history from the database, or a reset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import RedisError

from hub.log import LogAway, redis_client
from hub.log.script import DAY, MESSAGE_IDS, STREAM
from hub.rooms.presence.redis import EXPIRIES, LEASES, NAMES, VALUES

PAGE_SIZE = 500  # entries per read
TIMEOUT_S = 5.0


def erase(url: str, person: str, rooms: Sequence[str]) -> int:
    """Erase a user (by id) from these rooms (topics); the number of messages erased. Raises `LogAway`."""
    client = redis_client.client(url, TIMEOUT_S)
    try:
        gone = sum(_erase_messages(client, room, person) for room in rooms)
        for room in rooms:
            client.delete(f"{MESSAGE_IDS}{room}:{person}")
            _erase_fields(client, LEASES + room, NAMES + room, lambda field: _first(field) == person)
            _erase_fields(client, EXPIRIES + room, VALUES + room, lambda field: _last(field) == person)
        client.delete(DAY + person)
        return gone
    except (RedisError, OSError) as error:
        raise LogAway(f"Redis: {error}") from error
    finally:
        client.close()


def _erase_messages(client: Any, room: str, person: str) -> int:
    gone, start = 0, "-"
    while page := client.xrange(STREAM + room, start, "+", PAGE_SIZE):
        messages = [id for id, fields in page if _sender(fields) == person]
        if messages:
            gone += client.xdel(STREAM + room, *messages)
        start = f"({page[-1][0].decode()}"
    return gone


def _erase_fields(client: Any, order: str, values: str, of_user: Callable[[str], bool]) -> None:
    fields = [field for field in client.zrange(order, 0, -1) if of_user(field.decode(errors="replace"))]
    if fields:
        client.zrem(order, *fields)
        client.hdel(values, *fields)


def _sender(fields: dict[bytes, bytes]) -> str:
    """The sender of an entry's message; empty if it holds none."""
    try:
        return str(json.loads(fields.get(b"b", b""))["from"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _first(field: str) -> str:
    return field.partition("\n")[0]


def _last(field: str) -> str:
    return field.rpartition("\n")[2]
