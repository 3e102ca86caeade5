"""A run that is polled, where a proxy lets no stream through: the same events, by answers that end."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import redis

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.runs.conftest import Call, produce

ENDS = {"done", "error", "stopped", "lost"}


async def poll(client: httpx.AsyncClient, run: str, after: str = "") -> tuple[list[tuple[str, str]], str]:
    """The types and data of the run's events, and the position of the last one."""
    headers = KEY | ({"Last-Event-ID": after} if after else {})
    answer = await client.get(f"/api/v1/runs/{run}/stream?wait=5", headers=headers)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in fields and fields["event"] not in ("stream-open", "stream-live"):
            found.append((fields["event"], fields["data"]))
            after = fields.get("id", after)
    return found, after


async def test_polls_bring_each_event_of_a_run_once(cluster: Cluster, site: Site, begin: Call) -> None:
    run = (await begin())["run"]
    found: list[tuple[str, str]] = []

    async def produced() -> None:
        for number, instance in enumerate(cluster.instances * 3):
            await produce(
                instance.url, run, ("token", {"text": f"{number} "}), ("phase", {"name": str(number)})
            )
        await site.api.post(f"/api/v1/runs/{run}/done", json={})

    producing = asyncio.create_task(produced())
    async with httpx.AsyncClient(base_url=cluster.http_url, timeout=20) as client, asyncio.timeout(30):
        after = ""
        while not found or found[-1][0] not in ENDS:
            more, after = await poll(client, run, after)
            found += more
    await producing

    expected = []
    for number in range(9):
        expected += [("token", f'{{"text":"{number} "}}'), ("phase", f'{{"name":"{number}"}}')]
    assert found == [*expected, ("done", '{"outcome":null}')]


async def test_the_first_poll_has_what_there_is_in_one_piece(
    site: Site, cluster: Cluster, begin: Call
) -> None:
    run = (await begin())["run"]
    await produce(cluster.instances[0].url, run, *[("token", {"text": text}) for text in "abc"])

    found, after = await poll(site.api, run)
    await produce(cluster.instances[1].url, run, ("token", {"text": "d"}))

    assert found == [("token", '{"text":"abc"}')]
    assert (await poll(site.api, run, after))[0] == [("token", '{"text":"d"}')]


async def test_a_poll_after_the_log_was_lost_has_all_of_the_text(
    site: Site, cluster: Cluster, begin: Call
) -> None:
    run = (await begin())["run"]
    await produce(cluster.instances[0].url, run, ("token", {"text": "before "}))
    _, after = await poll(site.api, run)

    redis.Redis.from_url(cluster.redis.url).flushall()
    await produce(cluster.instances[0].url, run, ("token", {"text": "after"}))
    found, _ = await poll(site.api, run, after)

    assert [type for type, _ in found] == ["stream-reset", "token"]
    assert found[-1][1] == '{"text":"before after"}'


@pytest.mark.parametrize(
    "query", ["wait=0", "wait=61", "wait=x", "wait=", "wait=1&wait=2", "wait=5&format=openai"]
)
async def test_a_poll_that_cannot_be_is_refused(site: Site, begin: Call, query: str) -> None:
    run = (await begin())["run"]

    answer = await site.api.get(f"/api/v1/runs/{run}/stream?{query}")

    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
