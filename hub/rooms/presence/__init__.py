"""Presence: who is in a room, on any instance, and the last values of its signals.

A person is present while any instance holds an unexpired *lease* for them. An instance renews the leases of
the people who are connected to it; one that dies stops, and its leases expire. Two implementations, `memory`
for one process and `redis` for many, share a contract (`tests/services/presence/test_contract.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

LEASE_S = 40.0  # people of a killed instance are gone within 60 s
RENEW_S = 15.0  # two renewals may fail
GRACE_S = 10.0  # reloading a page is not leaving

LAST_VALUE_TTL_S = 3600.0
MAX_LAST_VALUES = 1000  # per room; beyond it the oldest is dropped


@dataclass(frozen=True, slots=True)
class LastValue:
    """The last value of a signal, by name and person; ``data`` is opaque."""

    name: str
    person: str
    data: bytes


class Presence(Protocol):
    """Every method raises `LogAway` when Redis cannot be reached; part of its work may be done then."""

    async def renew(self, here: Mapping[str, Mapping[str, str]], seconds: float = LEASE_S) -> None:
        """Lease as this instance; ``here``: room → person's id → name. Never shortens a lease."""

    async def leave(self, room: str, person: str, grace_s: float = GRACE_S) -> None:
        """Shorten this instance's lease, if any, to ``grace_s``; other instances' leases stay."""

    async def present(self, rooms: Sequence[str]) -> dict[str, dict[str, str]]:
        """Room → person's id → name, taken from the longest lease."""

    async def keep_last_value(
        self, room: str, name: str, person: str, data: bytes, ttl_s: float = LAST_VALUE_TTL_S
    ) -> None: ...

    async def last_values(self, room: str) -> list[LastValue]:
        """Last values that have not expired, in the order of expiry."""

    async def close(self) -> None:
        """Close its connections."""
