"""How much of a request's body is taken, of whom, and until when; judged before it is read."""

from __future__ import annotations

from collections import Counter

import prometheus_client
from django.conf import settings

from hub.errors import Problem

SMALL = 256 * 1024  # bytes of a body that anybody may send, …
LARGE = 8 * 1024 * 1024  # … and of a batch of events, from who may publish
ALL = 64 * 1024 * 1024  # bytes of all bodies that an instance has in hand, …
OF_ADDRESS = 16 * 1024 * 1024  # … and of those from one address
PATIENCE_S = 20.0  # that a small body may take, …
SLOWEST = 128 * 1024  # … and how many bytes a second of a large one have to come

REFUSED = prometheus_client.Counter(
    "hub_refused_bodies", "Request bodies refused because too many bytes are in hand.", registry=None
)

_WITHOUT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT"})


def most(method: bytes, path: bytes) -> int:
    """The bytes that a body may have; 0 where there is to be none."""
    if method in _WITHOUT or path.startswith((b"/feed", b"/rooms/")):
        return 0
    return LARGE if method == b"POST" and path == settings.HUB_EVENTS_PATH.encode() else SMALL


def too_large(most: int) -> Problem:
    if not most:
        return Problem(413, "This request takes no body: send it without one.")
    limit = f"{most // 1024} KiB" if most < 1024 * 1024 else f"{most // (1024 * 1024)} MiB"
    return Problem(413, f"The body is over {limit}: send less at once.")


def patience_s(size: int) -> float:
    """How long a body of so many bytes may take to come."""
    return PATIENCE_S + (size / SLOWEST if size > SMALL else 0)


class Bodies:
    """The bytes in hand until they are answered: small bodies as they come, large ones from their head."""

    def __init__(self) -> None:
        self._all = 0
        self._of: Counter[str] = Counter()  # by address

    def take(self, address: str, size: int) -> None:
        """Count bytes in; raise a `Problem` of 429 or 503 where they are too many."""
        if self._of[address] + size > OF_ADDRESS:
            REFUSED.inc()
            raise Problem(
                429,
                "Too much is being sent from your address: wait for the answers before you send more.",
                retry_after=2,
            )
        if self._all + size > ALL:
            REFUSED.inc()
            raise Problem(503, "This instance has all the bodies that it may: come back.", retry_after=2)
        self._all += size
        self._of[address] += size

    def give_back(self, address: str, size: int) -> None:
        self._all -= size
        self._of[address] -= size
        if not self._of[address]:
            del self._of[address]
