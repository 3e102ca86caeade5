"""Locks by which transactions that replace notifications of one key wait for each other."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from hub.support import transactions

SLOTS = 64  # locks of a transaction at most, however many topics it sends to: PostgreSQL has room for 6400
_NAMESPACE = 0x6B657973  # of PostgreSQL's advisory locks


def lock(key: str, topics: Iterable[str]) -> None:
    """Hold the locks of a key on these topics until the transaction ends; before any lock on a row."""
    transactions.lock(_NAMESPACE, (zlib.crc32(f"{topic}\n{key}".encode()) % SLOTS for topic in topics))
