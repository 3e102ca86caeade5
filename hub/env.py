"""Reading the environment for the settings: a value that cannot be read says which, and what to give.

The value is never said: it may be a secret, in its own place or in another's."""

from __future__ import annotations

import ipaddress
import os
import re
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

known: set[str] = set()  # every name that was read; whoever else means one by a name adds it


def text(name: str, default: str = "") -> str:
    known.add(name)
    return os.environ.get(name, default)


def needing(name: str, package: str, extra: str) -> str:
    """Text that takes a package which is not installed with the hub by itself."""
    value = text(name)
    try:
        if value:
            metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise ImproperlyConfigured(
            f"{name}: {package} is not installed: install notification-hub[{extra}], or leave {name} out."
        ) from None
    return value


def number(name: str, default: float, least: float = 0) -> float:
    value = text(name)
    try:
        found = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}: give a number.") from None
    if not least <= found < float("inf"):
        raise ImproperlyConfigured(f"{name}: give a number of at least {least:g}.")
    return found


def whole(name: str, default: int, least: int = 1) -> int:
    value = number(name, default, least)
    if value != int(value):
        raise ImproperlyConfigured(f"{name}: give a whole number.")
    return int(value)


def flag(name: str) -> bool:
    value = text(name)
    if value not in ("", "0", "1"):
        raise ImproperlyConfigured(f"{name}: use 1 or 0.")
    return value == "1"


def one_of(name: str, *values: str) -> str:
    """The first is the default."""
    value = text(name) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name}: use {' or '.join(values)}.")
    return value


def listed(name: str, default: str = "", pattern: str = ".*", what: str = "") -> list[str]:
    items = [item for item in (part.strip() for part in text(name, default).split(",")) if item]
    for number, item in enumerate(items, start=1):
        if not re.fullmatch(pattern, item):
            raise ImproperlyConfigured(f"{name}: part {number} is not {what}.")
    return items


def secret(name: str, least: int) -> str:
    """One that is long enough, or none; what it is never gets into a message."""
    value = text(name)
    if value and len(value) < least:
        raise ImproperlyConfigured(f"{name}: give at least {least} random characters.")
    return value


def secrets(name: str, least: int) -> list[str]:
    """Some by comma, each long enough."""
    found = listed(name)
    if any(len(value) < least for value in found):
        raise ImproperlyConfigured(f"{name}: give each of them at least {least} characters, by comma.")
    return found


def networks(name: str, default: str) -> list[str]:
    found = listed(name, default)
    for number, network in enumerate(found, start=1):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: part {number} is not an address or a network.") from None
    return found


def database(name: str, file: Path, connections: int) -> dict[str, Any]:
    url = text(name)
    right = f"{name}: use postgres://user:password@host:port/name or sqlite:///file."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(right) from None
    if not url or parts.scheme == "sqlite":
        path = parts.path[1:] if url else str(file)
        if not path:
            raise ImproperlyConfigured(f"{name}: give a file, like sqlite:////var/lib/hub/hub.sqlite3.")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                # A deferred transaction that turns to writing fails at once when another writes;
                # an immediate one waits for its turn.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(right)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "connect_timeout": 3,
            "pool": {"min_size": 1, "max_size": connections, "timeout": 5},
        },
    }


def redis(name: str) -> str:
    url = text(name)
    try:
        parts = urlsplit(url)
        known = not url or (parts.scheme in ("redis", "rediss", "unix") and parts.port != 0)
    except ValueError:
        known = False
    if not known:
        raise ImproperlyConfigured(f"{name}: use redis://host:port/0, rediss:// or unix://.")
    return url


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
