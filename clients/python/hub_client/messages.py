"""What a feed yields: events, and what the hub says of the feed itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub_client.errors import HubError


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a topic: of a type of yours, a `notification`, or one that concerns notifications.

    ``id`` is its position, from which a feed resumes after it; ``at`` when it was published (RFC 3339).
    ``key`` is the value that it is of, ``by`` the id of the person who published it, where it has them.
    """

    id: str
    type: str
    topic: str
    data: Any
    at: str = ""
    key: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Events of these topics are missing, and cannot be sent again: load afresh what you show of them."""

    topics: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Live:
    """All that was missed has been yielded; from here on events come as they are published."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """Events are delayed, as the hub's log is away; `Live` follows."""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The feed was cut, and is opened again after so many seconds; nothing is lost. ``error`` says why, None
    if the hub asked for it."""

    seconds: float
    error: HubError | None = None


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of the feed have changed to these."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Unread and unseen notifications of the person; the higher ``version`` is the newer one."""

    unread: int
    unseen: int
    version: int


@dataclass(frozen=True, slots=True)
class RunEvent:
    """An event of a run: ``phase``, ``token``, ``tool``, ``artifact``, any other type, and last one of
    ``done``, ``error``, ``stopped`` and ``lost``.

    ``stream-reset`` says that the log has lost a part: forget the text so far, the next ``token`` has all of
    it. ``id`` is the position, from which a reader resumes after it.
    """

    id: str
    type: str
    data: Any


Message = Event | Reset | Live | Degraded | Reconnecting | Topics | Count
