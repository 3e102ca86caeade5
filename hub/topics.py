"""How a topic is spelled. Nobody else formats or checks one."""

from __future__ import annotations

import hashlib
import re

from hub.problems import Refusal

MAX_LENGTH = 200  # characters; a topic is part of Redis keys and of URLs

EVERYONE = "everyone"
# Said between instances (revocations); never read or written from outside.
CONTROL = "hub.control"

_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_TYPE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_INBOX = ("user-", "group-")
_ROOM = "room-"
_STAFF = "staff-"
_RESERVED = ("hub.", _ROOM, _STAFF)

RESERVED_TYPES = frozenset(
    {"notification", "count", "recalled", "reading", "preferences", "retire", "message"}
)


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


def check_type(type: str) -> str:
    """Return ``type`` if a live event may bear it; raise `BadTopic`."""
    if not _TYPE.fullmatch(type):
        raise BadTopic(f"{type[:60]!r} is not an event type: use [a-z][a-z0-9-]{{0,63}}.")
    if type in RESERVED_TYPES or type.startswith("stream-"):
        raise BadTopic(f"{type!r} is a type of the hub's own events: choose another.")
    return type


def user(id: object) -> str:
    return f"user-{id}"


def group(name: str) -> str:
    """The topic of a group; characters a topic may not bear are spelled ``~xx``, so no two meet."""
    topic = "group-" + "".join(c if c in _PLAIN else _escape(c) for c in name)
    # Django's names may be longer than a topic once spelled; "~h" spells no character.
    return topic if len(topic) <= MAX_LENGTH else f"group-~h{hashlib.sha256(name.encode()).hexdigest()}"


def room(name: str) -> str:
    return check(f"{_ROOM}{name}")


def is_room(topic: str) -> bool:
    return topic.startswith(_ROOM)


def room_name(topic: str) -> str:
    return topic.removeprefix(_ROOM)


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


def _escape(character: str) -> str:
    return "".join(f"~{byte:02x}" for byte in character.encode())
