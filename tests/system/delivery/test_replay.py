"""Webhooks by the hundred through nginx, sixty subscribers, ten of which poll, and what is killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from notifications.demo import github_sample
from tests.cases.webhooks import COUNT, made
from tests.system.conftest import Site
from tests.system.reader import Reader, until

RATE = 200  # webhooks a second
USERS = ("alice", "bob", "carol")


@dataclass
class Ledger:
    """What was accepted: who must see which notification, and which position which topic."""

    notifications: dict[str, list[str]] = field(default_factory=dict)  # address → ids
    events: dict[str, list[int]] = field(default_factory=dict)  # topic → positions

    def of(self, user: str) -> set[str]:
        addresses = ["everyone", f"user:{user}", *(["group:ops"] if user == "alice" else [])]
        return {id for address in addresses for id in self.notifications.get(address, ())}


async def post(site: Site, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Until it is accepted, as a publisher that must not lose anything does."""
    while True:
        try:
            answer = await site.api.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code == 201:
            accepted: dict[str, Any] = answer.json()
            return accepted
        if answer is not None and answer.status_code not in (409, 502, 503, 504):
            raise AssertionError(f"{answer.status_code}: {answer.text}")
        await asyncio.sleep(random.uniform(0.05, 0.3))


async def replay(site: Site, run: str) -> Ledger:
    ledger = Ledger()

    async def play(number: int, webhook: dict[str, Any]) -> None:
        notification, event = github_sample.notification(number, webhook), github_sample.event(webhook)
        accepted = await post(site, "/api/v1/notifications", notification, f"{run}-n{number}")
        for address, row in zip(notification["to"], accepted["notifications"], strict=True):
            ledger.notifications.setdefault(address, []).append(row["id"])
        accepted = await post(site, "/api/v1/events", event, f"{run}-e{number}")
        ledger.events.setdefault(event["topic"], []).append(int(accepted["position"]))

    playing = []
    for number, webhook in enumerate(made()):
        playing.append(asyncio.create_task(play(number, webhook)))
        await asyncio.sleep(1 / RATE)
    await asyncio.gather(*playing)
    return ledger


async def sixty(site: Site) -> list[tuple[str, Reader]]:
    topics = sorted({github_sample.event(webhook)["topic"] for webhook in made()})
    wanted = [(USERS[n % 3], n % 3 + 1, 0 if n % 6 else 3) for n in range(60)]
    readers = await asyncio.gather(
        *(site.reader(user, topics[:100], instance=k, wait_s=wait_s) for user, k, wait_s in wanted)
    )
    return [(user, reader) for (user, _, _), reader in zip(wanted, readers, strict=True)]


async def check(ledger: Ledger, readers: list[tuple[str, Reader]], *, resets: bool) -> None:
    """Everyone has everything, once by id, in order; or was told what is gone."""
    for user, reader in readers:
        expected = ledger.of(user)
        await until(
            lambda r=reader, e=expected: e <= set(r.notifications),
            f"all notifications of {user}: {len(expected - set(reader.notifications))} missing",
        )
        for topic in reader.topics:
            positions = set(ledger.events.get(topic, ()))
            await until(
                lambda r=reader, t=topic, p=positions: p <= set(r.events(t)) or (resets and t in r.resets),
                f"all events of {topic}",
            )
        once = list(dict.fromkeys(reader.ids))
        assert once == sorted(once), "out of order"
        first_seen = list(dict.fromkeys(reader.notifications))
        assert set(first_seen) == expected
        if not resets:
            assert not reader.resets
            assert len(reader.notifications) == len(first_seen), "a notification came twice"
            assert reader.ids == once, "an event came twice"


Disturb = Callable[[Site], Awaitable[None]]


async def nothing(site: Site) -> None:
    return None


async def kill_an_instance(site: Site) -> None:
    site.cluster.instances[1].kill()


async def kill_redis_for_5_s(site: Site) -> None:
    site.cluster.redis.kill()
    await asyncio.sleep(5)
    site.cluster.redis.start()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("disturb", [nothing, kill_an_instance, kill_redis_for_5_s])
async def test_every_subscriber_gets_everything_once_in_order(site: Site, disturb: Disturb) -> None:
    readers = await sixty(site)

    async def disturb_in_the_middle() -> None:
        await asyncio.sleep(COUNT / RATE / 2)
        await disturb(site)

    ledger, _ = await asyncio.gather(replay(site, disturb.__name__), disturb_in_the_middle())

    try:
        await check(ledger, readers, resets=disturb is kill_redis_for_5_s)
    finally:
        for instance in site.cluster.instances:
            if not instance.alive:
                instance.start()
                await asyncio.to_thread(instance.wait_ready, 60)
