"""What a trusted proxy reports of a client: the last entry, because those before it came from the client."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

MAX_ADDRESS_LENGTH = 45

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client(values: Iterable[bytes]) -> str | None:
    """The address in these X-Forwarded-For fields, without a port; None for none, or one like ``unknown``."""
    entry = _last(values)
    if not entry:
        return None
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return str(address(entry))
    except ValueError:
        return None


def is_secure(values: Iterable[bytes]) -> bool | None:
    """Whether these X-Forwarded-Proto fields say https; None without a known scheme."""
    return {"https": True, "wss": True, "http": False, "ws": False}.get(_last(values).lower())


def address(text: str) -> Address:
    """An address in the form in which it is counted: without a zone, IPv4 unmapped; raise `ValueError`."""
    return _parsed(text.partition("%")[0][: MAX_ADDRESS_LENGTH + 1])


@lru_cache(maxsize=4096)  # few clients send most requests
def _parsed(text: str) -> Address:
    found = ipaddress.ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


def _last(values: Iterable[bytes]) -> str:
    """The last entry that is not empty of the joined list (RFC 9110, 5.6.1)."""
    entries = [entry.strip() for entry in b",".join(values).decode("latin-1").split(",")]
    return next((entry.strip('"') for entry in reversed(entries) if entry), "")
