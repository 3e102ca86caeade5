"""Tokens whose signature was verified, remembered until they expire."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from notifications.access.issuers.issuer import Issuer
from notifications.access.issuers.keys import Key

MAX_ENTRIES = 10_000  # of each of two generations


@dataclass(slots=True, eq=False)
class IssuedToken:
    """What a verified token contains.

    ``name`` is the person's, with the issuer's prefix; ``groups`` are names, None where the claim is not read
    or not given; ``issued_at`` is a Unix time, 0 if the token has none. ``applied``: the person's groups are
    those of the token.
    """

    issuer: Issuer
    key: Key
    name: str
    groups: tuple[str, ...] | None
    topics: tuple[str, ...]
    issued_at: float
    expires_at: int
    id: str
    applied: bool = False

    def is_current(self, issuer: Issuer | None) -> bool:
        """Whether its issuer still publishes the key that signed it."""
        return self.issuer is issuer and self.key in issuer.keys.keys


class TokenCache:
    """Verified tokens by digest, in two generations: the older goes when the younger is full. Used from any
    thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._young: dict[bytes, IssuedToken] = {}
        self._old: dict[bytes, IssuedToken] = {}

    def get(self, digest: bytes) -> IssuedToken | None:
        """The token, if it was verified here."""
        with self._lock:
            found = self._young.get(digest)
            if found is None and (found := self._old.get(digest)) is not None:
                self._add(digest, found)
            return found

    def put(self, digest: bytes, token: IssuedToken) -> None:
        with self._lock:
            self._add(digest, token)

    def clear(self) -> None:
        with self._lock:
            self._young, self._old = {}, {}

    def _add(self, digest: bytes, token: IssuedToken) -> None:
        if len(self._young) >= MAX_ENTRIES:
            self._young, self._old = {}, self._young
        self._young[digest] = token
