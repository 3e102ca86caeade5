"""What the doctor needs to connect: a temporary user's token, a program's key, a topic and a room.

`hub` knows no users: the application makes them, and deletes every trace afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A token that may read ``topic`` and enter ``room``, and a key that may publish on the topic.

    ``message_stored`` says whether the message sent in the room is a row by now.
    """

    topic: str
    room: str
    token: str
    key: str
    message_stored: Callable[[], bool]
