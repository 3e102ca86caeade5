"""Presence in a hub of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hub.rooms.presence import GRACE_S, LAST_VALUE_TTL_S, LEASE_S, MAX_LAST_VALUES, LastValue

K = TypeVar("K")
V = TypeVar("V")


class MemoryPresence:
    """The contract of `Presence` in this process's memory; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Room → person's id → expiry and name.
        self._leases: dict[str, dict[str, tuple[float, str]]] = {}
        # Room → signal's name and person's id → expiry and data.
        self._last_values: dict[str, dict[tuple[str, str], tuple[float, bytes]]] = {}

    async def renew(self, here: Mapping[str, Mapping[str, str]], seconds: float = LEASE_S) -> None:
        until = self._clock() + seconds
        for room, people in here.items():
            leases = self._leases.setdefault(room, {})
            for person, name in people.items():
                before, _ = leases.get(person, (until, ""))
                leases[person] = max(before, until), name
        self._sweep()

    async def leave(self, room: str, person: str, grace_s: float = GRACE_S) -> None:
        leases = self._leases.get(room, {})
        if person in leases:
            until, name = leases[person]
            leases[person] = min(until, self._clock() + grace_s), name
        self._sweep()

    async def present(self, rooms: Sequence[str]) -> dict[str, dict[str, str]]:
        self._sweep()
        return {
            room: {person: name for person, (_, name) in self._leases.get(room, {}).items()} for room in rooms
        }

    async def keep_last_value(
        self, room: str, name: str, person: str, data: bytes, ttl_s: float = LAST_VALUE_TTL_S
    ) -> None:
        last_values = self._last_values.setdefault(room, {})
        last_values[name, person] = self._clock() + ttl_s, data
        if len(last_values) > MAX_LAST_VALUES:
            del last_values[min(last_values, key=lambda field: last_values[field][0])]

    async def last_values(self, room: str) -> list[LastValue]:
        self._sweep()
        last_values = sorted(self._last_values.get(room, {}).items(), key=lambda item: item[1][0])
        return [LastValue(name, person, data) for (name, person), (_, data) in last_values]

    async def close(self) -> None: ...

    def _sweep(self) -> None:
        now = self._clock()
        _drop(self._leases, now)
        _drop(self._last_values, now)


def _drop(rooms: dict[str, dict[K, tuple[float, V]]], now: float) -> None:
    for room, held in list(rooms.items()):
        for key in [key for key, (until, _) in held.items() if until <= now]:
            del held[key]
        if not held:
            del rooms[room]
