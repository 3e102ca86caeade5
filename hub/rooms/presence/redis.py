"""Presence over many instances: sorted sets in Redis, by the clock of Redis.

A room has two keys for its leases (`person, instance` by expiry, and names), and two for its last values.
Every key expires with the last entry in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from hub.log import LogAway
from hub.log.redis_client import async_client
from hub.log.script import PREFIX
from hub.rooms.presence import GRACE_S, LAST_VALUE_TTL_S, LEASE_S, MAX_LAST_VALUES, LastValue

LEASES, NAMES = PREFIX + "presence:", PREFIX + "presence-names:"
EXPIRIES, VALUES = PREFIX + "lasts:", PREFIX + "lasts-data:"

RENEW_BATCH_SIZE = 1000  # leases per script, so that none keeps Redis busy for long …
ROOMS_PER_READ = 100  # … and rooms
MAX_CALLS = 4  # at once, each on a connection of its own

_HERE = Path(__file__).parent


class RedisPresence:
    """``instance`` is unique to this process, its successor's is another; it contains no line break."""

    def __init__(self, url: str, instance: str) -> None:
        self._instance = instance
        self._calling = asyncio.Semaphore(MAX_CALLS)
        self._client = async_client(url)
        self._renew, self._leave, self._present, self._keep, self._last_values = (
            self._client.register_script((_HERE / f"{name}.lua").read_text())
            for name in ("renew", "leave", "present", "keep", "lasts")
        )

    async def renew(self, here: Mapping[str, Mapping[str, str]], seconds: float = LEASE_S) -> None:
        for batch in _batches(here):
            keys: list[str] = []
            arguments: list[Any] = [_ms(seconds)]
            for room, people in batch.items():
                keys += [LEASES + room, NAMES + room]
                arguments.append(len(people))
                for person, name in people.items():
                    arguments += [self._lease(person), name]
            await self._call(self._renew, keys, arguments)

    async def leave(self, room: str, person: str, grace_s: float = GRACE_S) -> None:
        await self._call(self._leave, [LEASES + room, NAMES + room], [_ms(grace_s), self._lease(person)])

    async def present(self, rooms: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(rooms), ROOMS_PER_READ):
            some = rooms[start : start + ROOMS_PER_READ]
            keys = [prefix + room for room in some for prefix in (LEASES, NAMES)]
            for room, (leases, flat) in zip(some, await self._call(self._present, keys, []), strict=True):
                names = dict(zip(flat[::2], flat[1::2], strict=True))
                # In order of expiry, so that the name of the longest lease stays. A Redis that is short of
                # memory may have evicted the names alone.
                found[room] = {_person(lease): names[lease].decode() for lease in leases if lease in names}
        return found

    async def keep_last_value(
        self, room: str, name: str, person: str, data: bytes, ttl_s: float = LAST_VALUE_TTL_S
    ) -> None:
        keys = [EXPIRIES + room, VALUES + room]
        await self._call(self._keep, keys, [_ms(ttl_s), MAX_LAST_VALUES, f"{name}\n{person}", data])

    async def last_values(self, room: str) -> list[LastValue]:
        fields, values = await self._call(self._last_values, [EXPIRIES + room, VALUES + room], [])
        pairs = (field.decode().split("\n", 1) for field in fields)
        found = zip(pairs, values, strict=True)
        return [LastValue(name, person, data) for (name, person), data in found if data is not None]

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, script: Any, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        try:
            async with self._calling:
                return await script(keys, arguments)
        except (RedisError, OSError) as error:
            raise LogAway(f"Redis: {error}") from error

    def _lease(self, person: str) -> str:
        return f"{person}\n{self._instance}"


def _batches(here: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, dict[str, str]]]:
    batch: dict[str, dict[str, str]] = {}
    size = 0
    for room, people in here.items():
        for person, name in people.items():
            batch.setdefault(room, {})[person] = name
            size += 1
            if size == RENEW_BATCH_SIZE:
                yield batch
                batch, size = {}, 0
    if batch:
        yield batch


def _person(lease: bytes) -> str:
    return lease.decode().split("\n", 1)[0]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
