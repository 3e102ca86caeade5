"""A revoked API key publishes nothing more, on whatever instance, and whatever waits to be published."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.reader import until

EVENT = {"topic": "job-revoked", "type": "progress", "data": 1}
AT_ONCE = 10  # requests of each instance


@pytest.fixture
async def key(cluster: Cluster) -> str:
    made = ("create", "--name", "brief-ci", "--scope", "publish")
    return (await asyncio.to_thread(cluster.manage, "apikey", *made)).split()[-1]


async def test_race_a_key_that_is_revoked_while_its_requests_wait_is_refused_from_then_on(
    cluster: Cluster, key: str
) -> None:
    answers: dict[int, list[int]] = {number: [] for number in range(1, len(cluster.instances) + 1)}
    ended = asyncio.Event()

    async def post(number: int) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        url = cluster.instance_url(number)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
            while not ended.is_set():
                answers[number].append((await client.post("/api/v1/events", json=EVENT)).status_code)

    posting = [asyncio.create_task(post(number)) for number in answers for _ in range(AT_ONCE)]
    try:
        await until(lambda: all(201 in each for each in answers.values()), "events of each instance")

        await asyncio.to_thread(cluster.manage, "apikey", "revoke", "brief-ci")

        await until(lambda: all(401 in each for each in answers.values()), "a refusal of each instance")
        refused_at = {number: len(each) for number, each in answers.items()}
        await until(
            lambda: all(len(each) > refused_at[number] + 3 * AT_ONCE for number, each in answers.items()),
            "further answers of each instance",
        )
    finally:
        ended.set()
        await asyncio.gather(*posting)
    # Of what was under way at the first refusal some may have been accepted before.
    assert {status for each in answers.values() for status in each} == {201, 401}
    assert all(set(each[refused_at[number] + AT_ONCE :]) == {401} for number, each in answers.items())
