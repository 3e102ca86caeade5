"""The hub's settings, each read from the environment, and what they are without it.

`hub.settings`, of a service that is the hub alone, begins with them. A project has settings of its own: names
that these do not define are added as its apps are loaded (`add_missing`).
"""

from __future__ import annotations

import os
import socket
from typing import Any

from django.conf import settings

from hub import env

SIGNALS = "hub:signals:"  # prefix of the channel layer for the signals of rooms

HUB_DEMO = env.flag("HUB_DEMO")
HUB_HOST = env.text("HUB_HOST", "127.0.0.1")
HUB_PORT = env.integer("HUB_PORT", 8000)
HUB_INSTANCE = env.text("HUB_INSTANCE") or f"{socket.gethostname()}-{os.getpid()}"
HUB_REDIS_URL = env.redis("HUB_REDIS_URL")
HUB_ALLOWED_ORIGINS = env.items(
    "HUB_ALLOWED_ORIGINS", "", r"https?://[A-Za-z0-9.\[\]:-]+", "an origin like https://app.example.com"
)
HUB_HEARTBEAT_S = env.number("HUB_HEARTBEAT_S", 20, minimum=0.1)
HUB_LOG_MAX_EVENTS = env.integer("HUB_LOG_MAX_EVENTS", 1000)
HUB_LOG_MAX_BYTES = env.integer("HUB_LOG_MAX_BYTES", 16 * 1024 * 1024, minimum=128 * 1024)
HUB_LOG_TTL_S = env.number("HUB_LOG_TTL_S", 3600, minimum=0.1)
HUB_REPLAY_MAX = env.integer("HUB_REPLAY_MAX", 1000)
HUB_MAX_CONNECTIONS = env.integer("HUB_MAX_CONNECTIONS", 15_000)
HUB_MAX_CONNECTIONS_PER_USER = env.integer("HUB_MAX_CONNECTIONS_PER_USER", 50)
HUB_MAX_TOPICS_PER_USER = env.integer("HUB_MAX_TOPICS_PER_USER", 1000)
HUB_MAX_AGE_S = env.number("HUB_MAX_AGE_S", 3600, minimum=1)
HUB_MAILBOX_BYTES = env.integer("HUB_MAILBOX_BYTES", 1024 * 1024, minimum=64 * 1024)
HUB_MAX_CONNECTIONS_PER_ADDRESS = env.integer("HUB_MAX_CONNECTIONS_PER_ADDRESS", 200)
HUB_METRICS_KEY = env.text("HUB_METRICS_KEY")
HUB_TRUSTED_PROXIES = env.networks("HUB_TRUSTED_PROXIES", "127.0.0.1,::1")
HUB_ROOM_LINES_PER_S = env.number("HUB_ROOM_LINES_PER_S", 20, minimum=0.1)
HUB_ROOM_BYTES_PER_S = env.integer("HUB_ROOM_BYTES_PER_S", 512 * 1024, minimum=64 * 1024)
HUB_ROOM_LINES_PER_DAY = env.integer("HUB_ROOM_LINES_PER_DAY", 20_000)
HUB_ROOM_SIGNALS_PER_S = env.number("HUB_ROOM_SIGNALS_PER_S", 40, minimum=0.1)
HUB_DOCUMENT_BYTES = env.integer("HUB_DOCUMENT_BYTES", 4 * 1024 * 1024, minimum=64 * 1024)
HUB_DOCUMENT_UPDATES_PER_S = env.number("HUB_DOCUMENT_UPDATES_PER_S", 300, minimum=1)
HUB_MANDATORY_CATEGORIES = env.items(
    "HUB_MANDATORY_CATEGORIES", "security", r"[a-z0-9][a-z0-9_.-]{0,63}", "a category like builds"
)
HUB_PERSON_EVENTS_PER_S = env.number("HUB_PERSON_EVENTS_PER_S", 20, minimum=0.1)
HUB_KEY_EVENTS_PER_S = env.number("HUB_KEY_EVENTS_PER_S", 50_000, minimum=1)
HUB_KEY_BYTES_PER_S = env.number("HUB_KEY_BYTES_PER_S", 64 * 1024 * 1024, minimum=1024)
HUB_KEY_NOTIFICATIONS_PER_S = env.number("HUB_KEY_NOTIFICATIONS_PER_S", 2000, minimum=1)
HUB_KEY_LOG_SHARE = env.number("HUB_KEY_LOG_SHARE", 0.25, minimum=0.01)
HUB_NEWCOMERS_SEE_PAST = env.flag("HUB_NEWCOMERS_SEE_PAST")
HUB_CONFIRM_ABOVE = env.integer("HUB_CONFIRM_ABOVE", 100, minimum=0)
HUB_SECOND_FACTOR = env.one_of("HUB_SECOND_FACTOR", "optional", "staff", "off")
HUB_REAUTH_S = env.number("HUB_REAUTH_S", 900, minimum=0)
HUB_JWT_ISSUERS = env.objects("HUB_JWT_ISSUERS")
HUB_TOPICS = env.objects("HUB_TOPICS")
HUB_DRAIN_S = env.number("HUB_DRAIN_S", 5)
HUB_KEEP_DAYS = env.integer("HUB_KEEP_DAYS", 365)
HUB_TLS = env.flag("HUB_TLS")
HUB_LOG_FORMAT = env.one_of("HUB_LOG_FORMAT", "text", "json")
HUB_LOG_CONNECTIONS = env.flag("HUB_LOG_CONNECTIONS")
HUB_STATIC = env.text("HUB_STATIC")
HUB_OTLP_URL = env.needing("HUB_OTLP_URL", "opentelemetry-exporter-otlp-proto-http", "tracing")
HUB_DATABASE_TIMEOUT_S = env.number("HUB_DATABASE_TIMEOUT_S", 15)
HUB_THREADS = env.integer("HUB_THREADS", 8)  # that run Django …
HUB_DATABASE_THREADS = 4  # … and that query the database for endpoints and background loops
HUB_SECRET_IS_RANDOM = False
# The class of what is served over the hub, a `hub.ports.Application`, and where its API is.
HUB_APPLICATION = "notifications.application.Notifications"
HUB_AUDIENCES = ""  # a class of `notifications.models.audiences`: groups of the project's own
HUB_INDEX = "notifications:inbox"  # the name of its first page's URL: the other paths are below that page's
HUB_API_PATH = "/api/"  # errors below it are problem JSON
HUB_CORS_PATH = "/api/v1/"  # pages of HUB_ALLOWED_ORIGINS may call what is below it
HUB_FEED_TOPICS_PATH = "/api/v1/feed/topics"  # where clients change the topics of open feeds
HUB_EVENTS_PATH = "/api/v1/events"  # where programs publish live events, by large bodies


def channel_layer(prefix: str, redis: str) -> dict[str, Any]:
    """An entry of CHANNEL_LAYERS: in this Redis, or in memory without one."""
    if redis:
        return {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": redis, "protocol": 2}], "prefix": prefix},
        }
    return {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        # A group forgets a member of a day ago: a room may stay open longer.
        "CONFIG": {"capacity": 1000, "group_expiry": 10**9},
    }


def add_missing() -> None:
    """Give the project's settings those of the hub that it does not have; called once, before any is read."""
    for name, value in list(globals().items()):
        if name.startswith("HUB_") and not hasattr(settings, name):
            setattr(settings, name, value)
    layers = getattr(settings, "CHANNEL_LAYERS", {})
    if "hub" not in layers:
        layer = channel_layer(SIGNALS, settings.HUB_REDIS_URL)
        settings.CHANNEL_LAYERS = {**layers, "hub": layer}
