"""Names of topics and event types: the only place that formats and checks them.

The topics of people, groups and rooms carry ids, which are never reused; people write names instead.
Characters of a user's id that no topic may have are escaped as ``~xx``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from hub.errors import Refusal

MAX_LENGTH = 200  # characters; a topic is part of Redis keys and of URLs

EVERYONE = "everyone"
# For what instances tell each other, such as revocations; not accessible from outside.
CONTROL = "hub.control"

_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_ESCAPED = re.compile(r"(?:~[0-9a-f]{2})+")
_TYPE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_USER = "user-"
_GROUP = "group-"
_INBOX = (_USER, _GROUP)
ANY_USER = f"{_USER}*"  # a pattern
_ROOM = "room-"
_STAFF = "staff-"
_RUN = "hub.run-"
_BINARY = "hub.binary-"
_RESERVED = ("hub.", _ROOM, _STAFF)

# A browser calls an event without a type "message", and calls the handlers of "open" and "error" itself.
_reserved_types = {"retire", "message", "open", "error"}


class BadTopic(Refusal, ValueError):
    """Not a valid topic or event type; the text tells the client what to do."""


def check(topic: str) -> str:
    """Return ``topic``. Raises `BadTopic` if it is not one."""
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
    """Return ``topic``. Raises `BadTopic` if clients may not publish live events to it.

    Topics of inboxes carry only what the database can recover; rooms have an endpoint of their own.
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
    """Reserve event types for the application's own events; called as it starts."""
    _reserved_types.update(types)


def reserved_types() -> frozenset[str]:
    """The types that live events of clients may not have, along with ``stream-…``."""
    return frozenset(_reserved_types)


def check_type(type: str) -> str:
    """Return ``type``. Raises `BadTopic` if a live event may not have it."""
    if not _TYPE.fullmatch(type):
        raise BadTopic(f"{type[:60]!r} is not an event type: use [a-z][a-z0-9-]{{0,63}}.")
    if type in _reserved_types or type.startswith("stream-"):
        raise BadTopic(f"{type!r} is a type of the hub's own events: choose another.")
    return type


def user(id: object) -> str:
    """The topic of a user's inbox. Raises `BadTopic` for an id so long that no topic can contain it."""
    if isinstance(id, int):
        return f"{_USER}{id}"
    topic = _USER + _escaped(str(id))
    return topic if len(topic) <= MAX_LENGTH else check(topic)


def user_id(topic: str) -> str | None:
    """The id in a user's topic, as text; None for other topics."""
    if not topic.startswith(_USER) or topic == _USER:
        return None
    try:
        id = _ESCAPED.sub(_unescape, topic.removeprefix(_USER))
    except UnicodeDecodeError:
        return None
    return id if _USER + _escaped(id) == topic else None


def is_user(topic: str) -> bool:
    return topic.startswith(_USER)


def group(id: object) -> str:
    return f"{_GROUP}{id}"


def group_id(topic: str) -> int | None:
    """The id in a group's topic; None for other topics."""
    return _id(topic, _GROUP)


def is_group(topic: str) -> bool:
    return topic.startswith(_GROUP)


def room(id: object) -> str:
    return f"{_ROOM}{id}"


def room_id(topic: str) -> int | None:
    """The id in a room's topic; None for other topics."""
    return _id(topic, _ROOM)


def group_named(name: str) -> str:
    """A group's topic as people write it. Characters that no topic may have are escaped as ``~xx``, so that
    different names stay different."""
    topic = _GROUP + _escaped(name)
    # A name may be too long for a topic once escaped; "~h" is no escape.
    return topic if len(topic) <= MAX_LENGTH else f"{_GROUP}~h{hashlib.sha256(name.encode()).hexdigest()}"


def room_named(name: str) -> str:
    """A room's topic as people write it."""
    return check(f"{_ROOM}{name}")


def is_room(topic: str) -> bool:
    return topic.startswith(_ROOM)


def binary(room: str) -> str:
    """The topic of the binary frames of a room, from the room's own."""
    return _BINARY + room.removeprefix(_ROOM)


def is_binary(topic: str) -> bool:
    """Whether it carries the binary frames of a room."""
    return topic.startswith(_BINARY)


def run(id: str) -> str:
    """The topic of an agent's run, whose id is 32 hexadecimal digits."""
    return f"{_RUN}{id}"


def run_id(topic: str) -> str | None:
    """The id in a run's topic; None for other topics."""
    id = topic.removeprefix(_RUN)
    return id if id != topic and _RUN_ID.fullmatch(id) else None


def staff(name: str) -> str:
    """A topic for staff, on which instances report."""
    return check(f"{_STAFF}{name}")


def is_staff(topic: str) -> bool:
    return topic.startswith(_STAFF)


def staff_name(topic: str) -> str:
    return topic.removeprefix(_STAFF)


def is_hubs(topic: str) -> bool:
    """Whether only the hub itself and staff may read and write it."""
    return topic.startswith(("hub.", _STAFF))


def is_inbox(topic: str) -> bool:
    """Whether it carries notifications only, all of which the database can recover."""
    return topic == EVERYONE or topic.startswith(_INBOX)


def is_kept(topic: str) -> bool:
    """Whether the database may be able to recover it; for a room that depends on its kind."""
    return is_inbox(topic) or is_room(topic)


def _id(topic: str, prefix: str) -> int | None:
    rest = topic.removeprefix(prefix)
    return int(rest) if rest != topic and _ID.fullmatch(rest) else None


def _escaped(text: str) -> str:
    return "".join(c if c in _PLAIN else "".join(f"~{byte:02x}" for byte in c.encode()) for c in text)


def _unescape(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("~", "")).decode()
