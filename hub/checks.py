"""System checks of the settings, without any connection; `doctor` checks a running hub. docs/operations.md
explains each id."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from hub.support import descriptors

TAG = "hub"
MIN_KEY_LENGTH = 16
MIN_SECRET_LENGTH = 50


@register(TAG)
def connections(**kwargs: Any) -> list[CheckMessage]:
    """Limits on files, database connections, and ages of connections."""
    found: list[CheckMessage] = []
    needed = descriptors.needed(settings.HUB_MAX_CONNECTIONS)
    if descriptors.limit() < needed:
        found.append(
            Warning(
                f"This process may open {descriptors.limit()} files, HUB_MAX_CONNECTIONS needs {needed}.",
                hint="Raise LimitNOFILE (systemd) or ulimits.nofile (compose), or lower HUB_MAX_CONNECTIONS.",
                id="hub.W001",
            )
        )
    database = settings.DATABASES["default"]
    postgres = database["ENGINE"].endswith("postgresql")
    if postgres and not database.get("OPTIONS", {}).get("pool") and not database.get("CONN_MAX_AGE"):
        found.append(
            Warning(
                "Every query opens a database connection: neither a pool nor CONN_MAX_AGE is set.",
                hint='Give OPTIONS["pool"] to DATABASES["default"].',
                id="hub.W002",
            )
        )
    if settings.HUB_MAX_AGE_S > settings.SESSION_COOKIE_AGE:
        found.append(
            Warning(
                "A feed may live longer than a session: HUB_MAX_AGE_S is above SESSION_COOKIE_AGE.",
                hint="Lower HUB_MAX_AGE_S.",
                id="hub.W003",
            )
        )
    return found


@register(TAG)
def shared_backends(**kwargs: Any) -> list[CheckMessage]:
    """Backends that several instances have to share."""
    found: list[CheckMessage] = []
    engine = settings.DATABASES["default"]["ENGINE"]
    if settings.HUB_REDIS_URL and engine.endswith("sqlite3"):
        found.append(
            Warning(
                "Redis connects several instances, but each has a SQLite file of its own.",
                hint="Set HUB_DATABASE_URL to a PostgreSQL that all instances share.",
                id="hub.W004",
            )
        )
    layer = settings.CHANNEL_LAYERS.get("hub", {}).get("BACKEND", "")
    if not layer:
        found.append(
            Error(
                'CHANNEL_LAYERS has no layer "hub", by which the signals of rooms travel.',
                hint="Add your own to those of hub.settings: CHANNEL_LAYERS = {**CHANNEL_LAYERS, …}.",
                id="hub.E004",
            )
        )
    if settings.HUB_REDIS_URL and "InMemory" in layer:
        found.append(
            Error(
                "Room signals stay within one instance: the channel layer is in memory, the log in Redis.",
                hint="Use channels_redis.pubsub.RedisPubSubChannelLayer.",
                id="hub.E001",
            )
        )
    return found


@register(TAG)
def trust(**kwargs: Any) -> list[CheckMessage]:
    """Which clients are believed, and read metrics."""
    found: list[CheckMessage] = []
    wide = [net for net in settings.HUB_TRUSTED_PROXIES if ipaddress.ip_network(net).prefixlen == 0]
    if wide:
        found.append(
            Error(
                f"HUB_TRUSTED_PROXIES={','.join(wide)} lets every client claim any address.",
                hint="Name the balancer's address or its network.",
                id="hub.E002",
            )
        )
    if 0 < len(settings.HUB_METRICS_KEY) < MIN_KEY_LENGTH:
        found.append(
            Warning(
                f"HUB_METRICS_KEY has {len(settings.HUB_METRICS_KEY)} characters.",
                hint=f"Use at least {MIN_KEY_LENGTH} random ones, or unset it to serve loopback only.",
                id="hub.W005",
            )
        )
    return found


@register(TAG, Tags.security, deploy=True)
def deployed(**kwargs: Any) -> Sequence[CheckMessage]:
    """Settings that suit a developer's machine only."""
    found: list[CheckMessage] = []
    if settings.HUB_DEMO:
        found.append(
            Error("HUB_DEMO=1: there are accounts with public passwords.", hint="Unset it.", id="hub.E003")
        )
    if settings.HUB_SECRET_IS_RANDOM:
        found.append(
            Warning(
                "HUB_SECRET_KEY is not set: every restart signs everyone out and invalidates every token.",
                hint=f"Set HUB_SECRET_KEY to at least {MIN_SECRET_LENGTH} random characters.",
                id="hub.W006",
            )
        )
    elif any(len(key) < MIN_SECRET_LENGTH for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
        found.append(
            Warning(
                "HUB_SECRET_KEY, or one of HUB_SECRET_KEY_FALLBACKS, is too short to protect sign-ins.",
                hint=f"Use {MIN_SECRET_LENGTH} random characters; docs/operations.md says how to change it.",
                id="hub.W006",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "HUB_ALLOWED_HOSTS=* accepts any Host header.",
                hint="List the host names that people use.",
                id="hub.W007",
            )
        )
    if not settings.HUB_TLS:
        found.append(
            Warning(
                "HUB_TLS is not set: cookies are also sent over plain HTTP.",
                hint="Serve the site over HTTPS only and set HUB_TLS=1.",
                id="hub.W008",
            )
        )
    return found
