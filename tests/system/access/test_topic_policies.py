"""One policy, one rate and one count of readers hold on all instances."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import Reader, until

VOTE = {"type": "vote", "data": {"choice": "b"}}


async def put(site: Site, pattern: str, **fields: Any) -> None:
    answer = await site.api.put(f"/api/v1/policies/{pattern}", json=fields)
    assert answer.status_code == 201, answer.text


async def within(seconds: float, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


def by(reader: Reader) -> list[Any]:
    return [data.get("by") for _, type, data in reader.received if type == "vote"]


async def test_a_person_publishes_on_any_instance_and_is_named_to_readers_on_all(
    cluster: Cluster, site: Site
) -> None:
    await put(site, "poll-*", read=["everyone"], publish=["everyone"])
    token = {"Authorization": f"Bearer {await site.token('alice')}"}
    readers = []
    for k in (1, 2, 3):
        url = f"{cluster.instance_url(k)}/api/v1/topics/poll-1/events"

        async def accepted(url: str = url) -> bool:
            async with httpx.AsyncClient(headers=token, timeout=20) as alice:
                return (await alice.post(url, json=VOTE)).status_code == 201

        await within(5, f"the policy on instance {k}", accepted)
        readers.append(await site.reader("bob", ["poll-1"], instance=k))

    answer = await site.api.post("/api/v1/topics/poll-1/events", json=VOTE, headers=token)

    assert answer.status_code == 201
    await until(lambda: all(by(reader) for reader in readers), "the vote on every instance")
    names = {name for reader in readers for name in by(reader)}
    assert len(names) == 1
    assert names != {None}


async def test_the_rate_of_a_topic_is_one_over_all_instances(cluster: Cluster, site: Site) -> None:
    await put(site, "slow-*", max_rate=0.02)
    event = {"topic": "slow-1", "type": "tick", "data": 1}
    await site.publish("slow-1", 0)

    for k in (1, 2, 3):

        async def refused(k: int = k) -> bool:
            async with httpx.AsyncClient(headers=KEY, timeout=20) as program:
                answer = await program.post(f"{cluster.instance_url(k)}/api/v1/events", json=event)
                return answer.status_code == 429 and int(answer.headers["Retry-After"]) > 1

        await within(5, f"a refusal by instance {k}", refused)


async def test_readers_of_a_topic_are_counted_over_all_instances(cluster: Cluster, site: Site) -> None:
    for k in (1, 2, 3, 3):
        await site.reader("bob", ["job-count"], instance=k)
    position = await site.publish("job-count", 1)

    async def state(k: int) -> Any:
        async with httpx.AsyncClient(headers=KEY, timeout=20) as program:
            return (await program.get(f"{cluster.instance_url(k)}/api/v1/topics/job-count")).json()

    expected = {"topic": "job-count", "policy": None, "events": 1, "position": str(position), "readers": 4}
    assert [await state(k) for k in (1, 2, 3)] == [expected] * 3

    site.listening.pop().cancel()
    site.listening.pop().cancel()

    async def fewer() -> bool:
        return bool((await state(1))["readers"] == 2)

    await within(10, "two readers less", fewer)
