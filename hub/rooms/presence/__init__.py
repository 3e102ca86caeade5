"""Presence: who is in a room, on whatever instance, and the last values its devices signalled.

A person is there as long as any instance holds an unexpired *lease* of theirs. An instance renews
the leases of those connected to it; one that dies stops renewing, and they expire. Two bodies,
`memory` for one process and `redis` for many, keep one contract (`tests/services/presence/test_contract.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

LEASE_S = 40.0  # with the round below, whoever was on a killed instance is gone within 60 s
RENEW_S = 15.0  # so that two renewals may fail
GRACE_S = 10.0  # somebody who reloads the page did not leave

LAST_S = 3600.0
MOST_LASTS = 1000  # a room; beyond it the oldest goes


@dataclass(frozen=True, slots=True)
class Last:
    """The last value of a signal, by name and person; ``data`` is the caller's own."""

    name: str
    person: str
    data: bytes


class Presence(Protocol):
    """Everything raises `LogAway` when it cannot be reached; then a part of it may have been done."""

    async def renew(self, here: Mapping[str, Mapping[str, str]], seconds: float = LEASE_S) -> None:
        """Lease for so long, as this instance: room → person's id → name. Never shortens a lease."""

    async def leave(self, room: str, person: str, grace_s: float = GRACE_S) -> None:
        """Shorten this instance's lease to the grace, if it has one; another instance's stays."""

    async def present(self, rooms: Sequence[str]) -> dict[str, dict[str, str]]:
        """Each room → person's id → name, as of the lease that lasts longest."""

    async def keep_last(
        self, room: str, name: str, person: str, data: bytes, ttl_s: float = LAST_S
    ) -> None: ...

    async def lasts(self, room: str) -> list[Last]:
        """Every last value that has not expired, in the order of expiry."""

    async def close(self) -> None:
        """Let its connections go."""
