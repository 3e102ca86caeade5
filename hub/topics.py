"""How a topic is spelled. Nobody else formats or checks one.

People, groups and rooms go by their ids, which are never given out again; their names are what people write.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from hub.errors import Refusal

MAX_LENGTH = 200  # characters; a topic is part of Redis keys and of URLs

EVERYONE = "everyone"
# Said between instances (revocations); never read or written from outside.
CONTROL = "hub.control"

_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_TYPE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_USER = "user-"
_GROUP = "group-"
_INBOX = (_USER, _GROUP)
_ROOM = "room-"
_STAFF = "staff-"
_RESERVED = ("hub.", _ROOM, _STAFF)

_reserved_types = {"retire", "message"}  # a browser calls an event without a type "message"


class BadTopic(Refusal, ValueError):
    """A topic or an event type that is not spelled as one; the text says what to do."""


def check(topic: str) -> str:
    """Return ``topic`` if it is one; raise `BadTopic`."""
    if len(topic) > MAX_LENGTH or not _TOPIC.fullmatch(topic):
        raise BadTopic(
            f"{topic[:60]!r} is not a topic: use 1 to {MAX_LENGTH} characters of A-Z a-z 0-9 . _ ~ -, "
            "the first a letter or a digit.",
            "bad_topic",
            name=topic[:60],
            most=MAX_LENGTH,
        )
    return topic


def check_live(topic: str) -> str:
    """Return ``topic`` if live events from outside may be written to it; raise `BadTopic`.

    The topics of inboxes carry what `notifications` writes, so that they can be recovered from the
    database; rooms have a door of their own.
    """
    check(topic)
    if is_inbox(topic):
        raise BadTopic(
            f"{topic!r} is an inbox: post a notification to it, or choose another topic.",
            "inbox_topic",
            name=topic,
        )
    if topic.startswith(_RESERVED):
        raise BadTopic(
            f"{topic!r} is reserved for the hub itself: choose another topic.", "reserved_topic", name=topic
        )
    return topic


def reserve_types(types: Iterable[str]) -> None:
    """Keep event types for the application's own events, as it starts."""
    _reserved_types.update(types)


def reserved_types() -> frozenset[str]:
    """The event types that live events from outside may not have, besides ``stream-…``."""
    return frozenset(_reserved_types)


def check_type(type: str) -> str:
    """Return ``type`` if a live event may bear it; raise `BadTopic`."""
    if not _TYPE.fullmatch(type):
        raise BadTopic(f"{type[:60]!r} is not an event type: use [a-z][a-z0-9-]{{0,63}}.")
    if type in _reserved_types or type.startswith("stream-"):
        raise BadTopic(f"{type!r} is a type of the hub's own events: choose another.")
    return type


def user(id: object) -> str:
    return f"{_USER}{id}"


def user_id(topic: str) -> int | None:
    """Whose topic it is; None if it is no person's."""
    return _id(topic, _USER)


def group(id: object) -> str:
    return f"{_GROUP}{id}"


def group_id(topic: str) -> int | None:
    """Which group's topic it is; None if it is no group's."""
    return _id(topic, _GROUP)


def is_group(topic: str) -> bool:
    return topic.startswith(_GROUP)


def room(id: object) -> str:
    return f"{_ROOM}{id}"


def room_id(topic: str) -> int | None:
    """Which room's topic it is; None if it is no room's."""
    return _id(topic, _ROOM)


def group_named(name: str) -> str:
    """How people write the topic of a group: characters that it may not bear as ``~xx``, so no two meet."""
    topic = _GROUP + "".join(c if c in _PLAIN else _escape(c) for c in name)
    # Django's names may be longer than a topic once spelled; "~h" spells no character.
    return topic if len(topic) <= MAX_LENGTH else f"{_GROUP}~h{hashlib.sha256(name.encode()).hexdigest()}"


def room_named(name: str) -> str:
    """How people write the topic of a room."""
    return check(f"{_ROOM}{name}")


def is_room(topic: str) -> bool:
    return topic.startswith(_ROOM)


def staff(name: str) -> str:
    """A topic on which instances tell staff how they are."""
    return check(f"{_STAFF}{name}")


def is_staff(topic: str) -> bool:
    return topic.startswith(_STAFF)


def staff_name(topic: str) -> str:
    return topic.removeprefix(_STAFF)


def is_hubs(topic: str) -> bool:
    """Whether only the hub itself speaks and listens there, or staff."""
    return topic.startswith(("hub.", _STAFF))


def is_inbox(topic: str) -> bool:
    """Whether the topic carries notifications alone, so that the database can refill it."""
    return topic == EVERYONE or topic.startswith(_INBOX)


def is_kept(topic: str) -> bool:
    """Whether the database may know what was on the topic: of a room it depends on the kind."""
    return is_inbox(topic) or is_room(topic)


def _id(topic: str, prefix: str) -> int | None:
    rest = topic.removeprefix(prefix)
    return int(rest) if rest != topic and _ID.fullmatch(rest) else None


def _escape(character: str) -> str:
    return "".join(f"~{byte:02x}" for byte in character.encode())
