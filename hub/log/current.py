"""The log of this process, as configured by the settings."""

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
    """Redis if HUB_REDIS_URL is set, memory else; traced if HUB_OTLP_URL is set."""
    limits = settings.HUB_LOG_MAX_EVENTS, settings.HUB_LOG_TTL_S
    sizes: Any = {"max_bytes": settings.HUB_LOG_MAX_BYTES, "owner_share": settings.HUB_KEY_LOG_SHARE}
    log: Log = (
        RedisLog(settings.HUB_REDIS_URL, *limits, settings.HUB_INSTANCE, **sizes)
        if settings.HUB_REDIS_URL
        else MemoryLog(*limits, **sizes)
    )
    return TracedLog(log) if settings.HUB_OTLP_URL else log
