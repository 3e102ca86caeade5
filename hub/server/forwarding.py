"""What a trusted proxy says of a client: the last entry, for what stands before it came from the client."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 45  # characters of an address; what is longer is none

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client(lines: Iterable[bytes]) -> str | None:
    """The address in these X-Forwarded-For lines, without a port; None for what is none, like ``unknown``."""
    entry = _last(lines)
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


def is_secure(lines: Iterable[bytes]) -> bool | None:
    """Whether these X-Forwarded-Proto lines say https; None if they say nothing that is known."""
    return {"https": True, "wss": True, "http": False, "ws": False}.get(_last(lines).lower())


def address(text: str) -> Address:
    """An address as it is counted: without a zone, and an IPv4 one as such; raise `ValueError`."""
    return _parsed(text.partition("%")[0][: LONGEST + 1])


@lru_cache(maxsize=4096)  # the same few, with every request of theirs
def _parsed(text: str) -> Address:
    found = ipaddress.ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


def _last(lines: Iterable[bytes]) -> str:
    """Of a list over all lines the last entry that is not empty (RFC 9110, 5.6.1)."""
    entries = [entry.strip() for entry in b",".join(lines).decode("latin-1").split(",")]
    return next((entry.strip('"') for entry in reversed(entries) if entry), "")
