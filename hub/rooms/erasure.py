"""Erases a user from what Redis keeps of them: their messages in rooms, last values and presence, and the
events that they published on live topics.

Nothing else changes a stream of the log. A client that resumes from before an erased message finds a gap, and
receives the history from the database, or a reset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import RedisError

from hub import events, topics
from hub.log import LogAway, redis_client
from hub.log.script import ACCOUNT, DAY, DONE, MESSAGE_IDS, STREAM, VALUES_ORDER
from hub.log.script import VALUES as EVENT_VALUES
from hub.rooms.presence.redis import EXPIRIES, LEASES, NAMES, VALUES

Fields = dict[bytes, bytes]  # of an entry in a stream

PAGE_SIZE = 500  # entries per read
TIMEOUT_S = 5.0


def erase(url: str, person: str, rooms: Sequence[str]) -> int:
    """Erase a user (by id) from these rooms (topics); the number of messages erased. Raises `LogAway`."""
    client = redis_client.client(url, TIMEOUT_S)
    try:
        gone = sum(_erase_messages(client, room, person, _sender) for room in rooms)
        for room in rooms:
            _erase_messages(client, topics.binary(room), person, _sender)
        for room in rooms:
            client.delete(f"{MESSAGE_IDS}{room}:{person}")
            _erase_fields(client, LEASES + room, NAMES + room, lambda field: _first(field) == person)
            _erase_fields(client, EXPIRIES + room, VALUES + room, lambda field: _last(field) == person)
        client.delete(DAY + person)
        return gone + _erase_events(client, events.person_owner(person))
    except (RedisError, OSError) as error:
        raise LogAway(f"Redis: {error}") from error
    finally:
        client.close()


def _erase_messages(client: Any, topic: str, name: str, name_of: Callable[[Fields], str]) -> int:
    gone, start = 0, "-"
    while page := client.xrange(STREAM + topic, start, "+", PAGE_SIZE):
        messages = [id for id, fields in page if name_of(fields) == name]
        if messages:
            gone += client.xdel(STREAM + topic, *messages)
        start = f"({page[-1][0].decode()}"
    return gone


def _erase_events(client: Any, owner: str) -> int:
    """Live events of an owner; the number that were erased."""
    if not client.exists(ACCOUNT + owner):
        return 0  # nothing of theirs is left
    gone = 0
    for stream in client.scan_iter(f"{STREAM}*", PAGE_SIZE):
        topic = stream.decode().removeprefix(STREAM)
        if topics.is_kept(topic) or topics.is_hubs(topic):
            continue
        gone += _erase_messages(client, topic, owner, _owner)
        for key, value in client.hgetall(EVENT_VALUES + topic).items():
            if key and _value_owner(value) == owner:
                client.hdel(EVENT_VALUES + topic, key)
                client.zrem(VALUES_ORDER + topic, key)
    used = f"{DONE}{owner}:".encode()
    for key in client.scan_iter(f"{DONE}*", PAGE_SIZE):
        if key.startswith(used):
            client.delete(key)
    client.delete(ACCOUNT + owner)
    return gone


def _erase_fields(client: Any, order: str, values: str, of_user: Callable[[str], bool]) -> None:
    fields = [field for field in client.zrange(order, 0, -1) if of_user(field.decode(errors="replace"))]
    if fields:
        client.zrem(order, *fields)
        client.hdel(values, *fields)


def _sender(fields: Fields) -> str:
    """The sender of an entry's message; empty if it holds none."""
    try:
        return str(json.loads(fields.get(b"b", b""))["from"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _owner(fields: Fields) -> str:
    return fields.get(b"o", b"").decode(errors="replace")


def _value_owner(value: bytes) -> str:
    """The owner of a topic's last value, as append.lua writes it."""
    _, _, _, length, rest = value.split(b" ", 4)
    return rest[: int(length)].decode(errors="replace")


def _first(field: str) -> str:
    return field.partition("\n")[0]


def _last(field: str) -> str:
    return field.rpartition("\n")[2]
