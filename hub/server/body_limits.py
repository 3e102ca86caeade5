"""How large a request's body may be, by method and path; how long it may take; and how much is buffered."""

from __future__ import annotations

from collections import Counter

import prometheus_client
from django.conf import settings

from hub.errors import Problem
from hub.support import mount

MAX_SMALL_BYTES = 256 * 1024  # of any body …
MAX_LARGE_BYTES = 8 * 1024 * 1024  # … and of a batch of events, after authorization
MAX_FEED_BYTES = 32 * 1024  # of a request for a feed: a hundred long topics; of acknowledgements
MAX_BUFFERED_BYTES = 64 * 1024 * 1024  # of all bodies in this instance …
MAX_BUFFERED_PER_ADDRESS = 16 * 1024 * 1024  # … and of those from one address
SMALL_BODY_S = 20.0  # in which a small body has to arrive; …
MIN_BYTES_PER_S = 128 * 1024  # … and how fast the bytes of a large one

REFUSED = prometheus_client.Counter(
    "hub_refused_bodies", "Request bodies refused because too many bytes are in hand.", registry=None
)

_BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT"})


def max_bytes(method: bytes, path: bytes) -> int:
    """The limit of a body; 0 where there is to be none."""
    own = mount.below(path.decode("latin-1"))
    if method == b"POST" and own in ("/feed/", "/feed", "/feed/acks"):
        return MAX_FEED_BYTES
    if method in _BODILESS or own.startswith(("/feed", "/rooms/", "/documents/")):
        return 0
    is_batch = method == b"POST" and own == settings.HUB_EVENTS_PATH
    return MAX_LARGE_BYTES if is_batch else MAX_SMALL_BYTES


def too_large(limit: int) -> Problem:
    """``limit`` is that of `max_bytes`."""
    if not limit:
        return Problem(413, "This request takes no body: send it without one.")
    size = f"{limit // 1024} KiB" if limit < 1024 * 1024 else f"{limit // (1024 * 1024)} MiB"
    return Problem(413, f"The body is over {size}: send less at once.")


def deadline_s(size: int) -> float:
    """In how many seconds a body of so many bytes has to arrive."""
    return SMALL_BODY_S + (size / MIN_BYTES_PER_S if size > MAX_SMALL_BYTES else 0)


class BufferedBodies:
    """Counts body bytes until their request is answered: of small bodies as they arrive, of large ones all at
    once when their head has arrived."""

    def __init__(self) -> None:
        self._total = 0
        self._by_address: Counter[str] = Counter()

    def add(self, address: str, size: int) -> None:
        """Raise a `Problem` of 429 or 503, and count nothing, where they are too many."""
        if self._by_address[address] + size > MAX_BUFFERED_PER_ADDRESS:
            REFUSED.inc()
            raise Problem(
                429,
                "Too much is being sent from your address: wait for the answers before you send more.",
                retry_after=2,
            )
        if self._total + size > MAX_BUFFERED_BYTES:
            REFUSED.inc()
            raise Problem(503, "This instance has all the bodies that it may: come back.", retry_after=2)
        self._total += size
        self._by_address[address] += size

    def fits(self, address: str, size: int) -> bool:
        """Whether `add` takes so many."""
        fits_address = self._by_address[address] + size <= MAX_BUFFERED_PER_ADDRESS
        return fits_address and self._total + size <= MAX_BUFFERED_BYTES

    def remove(self, address: str, size: int) -> None:
        self._total -= size
        self._by_address[address] -= size
        if not self._by_address[address]:
            del self._by_address[address]
