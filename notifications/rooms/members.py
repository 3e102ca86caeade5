"""Who is in a room now, for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.conf import settings

from hub import topics
from hub.rooms.presence import LastValue
from hub.rooms.presence.current import shared_presence
from hub.rooms.presence.redis import RedisPresence
from hub.rooms.room import MAX_PEOPLE_LISTED
from notifications.models import Room
from notifications.rooms.kinds import STATUS


def find(room: Room) -> dict[str, Any]:
    """``{"count", "members": [{"id", "name", "status"?}]}``, of which at most `MAX_PEOPLE_LISTED` are named,
    in the order of their names. Raises `LogAway`."""
    people, values = asyncio.run(_ask(topics.room(room.pk)))
    statuses = {value.person: _text(value.data) for value in values if value.name == STATUS}
    named = islice(sorted(people.items(), key=lambda item: (item[1].casefold(), item[0])), MAX_PEOPLE_LISTED)
    return {
        "count": len(people),
        "members": [
            {"id": id, "name": name, **({"status": statuses[id]} if statuses.get(id) else {})}
            for id, name in named
        ],
    }


async def _ask(topic: str) -> tuple[Mapping[str, str], list[LastValue]]:
    if not settings.HUB_REDIS_URL:
        presence = shared_presence()
        return (await presence.present([topic]))[topic], await presence.last_values(topic)
    # Connections belong to an event loop, and this call has one of its own.
    reading = RedisPresence(settings.HUB_REDIS_URL, "")
    try:
        return (await reading.present([topic]))[topic], await reading.last_values(topic)
    finally:
        await reading.close()


def _text(signal: bytes) -> str:
    return str(json.loads(signal)["body"])
