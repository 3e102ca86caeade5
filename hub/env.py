"""Environment variables for the settings. An invalid one raises `ImproperlyConfigured`, which names it and
tells what to set, but never shows the value: it may be a secret."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

known: set[str] = set()  # every name that was read, or that other programs read


def text(name: str, default: str = "") -> str:
    known.add(name)
    return os.environ.get(name, default)


def needing(name: str, package: str, extra: str) -> str:
    """Text that takes a package of an extra if it is set."""
    value = text(name)
    try:
        if value:
            metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise ImproperlyConfigured(
            f"{name}: {package} is not installed: install notification-hub[{extra}], or unset {name}."
        ) from None
    return value


def number(name: str, default: float, minimum: float = 0) -> float:
    value = text(name)
    try:
        found = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}: use a number.") from None
    if not minimum <= found < float("inf"):
        raise ImproperlyConfigured(f"{name}: use a number of at least {minimum:g}.")
    return found


def integer(name: str, default: int, minimum: int = 1) -> int:
    value = number(name, default, minimum)
    if value != int(value):
        raise ImproperlyConfigured(f"{name}: use a whole number.")
    return int(value)


def flag(name: str) -> bool:
    value = text(name)
    if value not in ("", "0", "1"):
        raise ImproperlyConfigured(f"{name}: use 1 or 0.")
    return value == "1"


def objects(name: str) -> list[Any]:
    """A JSON list of objects, or none."""
    try:
        found = json.loads(text(name) or "[]", object_pairs_hook=_object)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ImproperlyConfigured(f"{name}: use a JSON list of objects, [{{…}}, …], no field of one twice.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice")
    return found


def one_of(name: str, *values: str) -> str:
    """One of these values; the first is the default."""
    value = text(name) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name}: use {' or '.join(values)}.")
    return value


def items(name: str, default: str = "", pattern: str = ".*", what: str = "") -> list[str]:
    found = [item for item in (part.strip() for part in text(name, default).split(",")) if item]
    for number, item in enumerate(found, start=1):
        if not re.fullmatch(pattern, item):
            raise ImproperlyConfigured(f"{name}: part {number} is not {what}.")
    return found


def secret(name: str, min_length: int) -> str:
    """A secret of at least ``min_length`` characters, or none."""
    value = text(name)
    if value and len(value) < min_length:
        raise ImproperlyConfigured(f"{name}: use at least {min_length} random characters.")
    return value


def secrets(name: str, min_length: int) -> list[str]:
    """Secrets, separated by commas, each long enough."""
    found = items(name)
    if any(len(value) < min_length for value in found):
        raise ImproperlyConfigured(f"{name}: use at least {min_length} characters for each.")
    return found


def networks(name: str, default: str) -> list[str]:
    found = items(name, default)
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
            raise ImproperlyConfigured(f"{name}: use a file, like sqlite:////var/lib/hub/hub.sqlite3.")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                # A deferred transaction fails at once if it starts to write while another writes; an
                # immediate one waits.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured(right)
    return {
        "ENGINE": "hub.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        # Its cursor would be on another server when the next rows are asked for, behind a pooler.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            # A server or network that is gone without a word is given up in seconds.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            **dict(parse_qsl(parts.query)),
            "connect_timeout": 3,
            "pool": {"min_size": 1, "max_size": connections},
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
