"""The presence of this process, as the settings name it."""

from __future__ import annotations

import functools
import secrets

from django.conf import settings

from hub.rooms.presence import Presence
from hub.rooms.presence.memory import MemoryPresence
from hub.rooms.presence.redis import RedisPresence


@functools.cache
def shared_presence() -> Presence:
    if settings.HUB_REDIS_URL:
        # Not HUB_INSTANCE: two processes that bear one name would end each other's leases.
        return RedisPresence(settings.HUB_REDIS_URL, secrets.token_hex(8))
    return MemoryPresence()
