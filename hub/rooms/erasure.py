"""Taking a person out of what Redis keeps of rooms: what they said, what they signalled, that they are here.

The log's streams are not to be changed, but for this. Whoever comes back to a room from before what went is
told of a gap, and is given the rows, or a reset.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError

from hub.log import LogAway, redis_client
from hub.log.script import DAY, MESSAGE_IDS, STREAM
from hub.rooms.presence.redis import EXPIRIES, LEASES, NAMES, VALUES

PAGE = 500  # entries a question
TIMEOUT_S = 5.0


def erase(url: str, person: str, rooms: Sequence[str]) -> int:
    """Of these rooms (topics), all that is a person's (by id); how many messages went. Raise `LogAway`."""
    client = redis_client.client(url, TIMEOUT_S)
    try:
        gone = sum(_erase_said(client, room, person) for room in rooms)
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


def _erase_said(client: Any, room: str, person: str) -> int:
    gone, start = 0, "-"
    while page := client.xrange(STREAM + room, start, "+", PAGE):
        theirs = [id for id, fields in page if _sender(fields) == person]
        if theirs:
            gone += client.xdel(STREAM + room, *theirs)
        start = f"({page[-1][0].decode()}"
    return gone


def _erase_fields(client: Any, order: str, values: str, theirs: Any) -> None:
    fields = [field for field in client.zrange(order, 0, -1) if theirs(field.decode(errors="replace"))]
    if fields:
        client.zrem(order, *fields)
        client.hdel(values, *fields)


def _sender(fields: dict[bytes, bytes]) -> str:
    """Who said what an entry holds; nobody, if it is no message."""
    try:
        return str(json.loads(fields.get(b"b", b""))["from"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _first(field: str) -> str:
    return field.partition("\n")[0]


def _last(field: str) -> str:
    return field.rpartition("\n")[2]
