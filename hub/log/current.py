"""The log of this process, as the settings name it."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings

from hub.log import Log
from hub.log.memory import MemoryLog
from hub.log.redis import RedisLog
from hub.log.traced import TracedLog


@functools.cache
def shared_log() -> Log:
    bounds = settings.HUB_LOG_MAX_EVENTS, settings.HUB_LOG_TTL_S
    room: Any = {"max_bytes": settings.HUB_LOG_MAX_BYTES, "share": settings.HUB_KEY_LOG_SHARE}
    log: Log = (
        RedisLog(settings.HUB_REDIS_URL, *bounds, settings.HUB_INSTANCE, **room)
        if settings.HUB_REDIS_URL
        else MemoryLog(*bounds, **room)
    )
    return TracedLog(log) if settings.HUB_OTLP_URL else log
