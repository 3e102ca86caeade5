"""What a trusted proxy reports of a client: the last entry, because those before it came from the client."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from hub.support.asgi import Scope

MAX_ADDRESS_LENGTH = 45

HEADERS = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"}
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """The networks of HUB_TRUSTED_PROXIES: what they report of a client is believed, and of no other peer."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._includes = lru_cache(maxsize=4096)(self._look_up)

    def __contains__(self, peer: str | None) -> bool:
        return self._includes(peer)

    def client(self, peer: str | None, forwarded_for: Iterable[bytes]) -> str:
        """The client behind a peer, by these X-Forwarded-For fields if the peer is trusted."""
        return (client(forwarded_for) if peer in self else None) or peer or "unknown"

    def apply(self, scope: Scope) -> None:
        """Set the client and the scheme of an ASGI scope; drop the forwarding headers of other peers.

        ``hub.peer`` and ``hub.believed`` are for `hub.ops.echo`: whose the connection is, and whether it was
        believed.
        """
        scheme = scope.setdefault("scheme", "ws")  # Daphne names none for a WebSocket
        peer = scope["client"][0] if scope["client"] else None
        scope["hub.peer"], scope["hub.believed"] = str(peer), peer in self
        if not scope["hub.believed"]:
            scope["headers"] = [header for header in scope["headers"] if header[0] not in HEADERS]
            return
        if found := client(value for name, value in scope["headers"] if name == b"x-forwarded-for"):
            scope["client"] = [found, 0]
        secure = is_secure(value for name, value in scope["headers"] if name == b"x-forwarded-proto")
        if secure is not None:
            scope["scheme"] = ("ws" if scheme.startswith("ws") else "http") + "s" * secure

    def _look_up(self, peer: str | None) -> bool:
        return peer is not None and any(address(peer) in network for network in self._networks)


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
