"""A late reader of a live topic has what its policy keeps: the last of each key, or a long log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from notifications.demo import github_sample
from tests import ROOT
from tests.cases.webhooks import made
from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import Reader, until

RECORDED = ROOT.parent / "shared" / "data" / "github-webhooks.jsonl"
LINES = 10_000
BATCH = 500
KEYLESS = {"topic": "repo-none", "type": "tick", "data": None}


def webhooks() -> list[dict[str, Any]]:
    if not RECORDED.exists():
        return made()
    return [json.loads(row) for row in RECORDED.read_text(encoding="utf-8").splitlines()]


def subject(webhook: dict[str, Any]) -> str:
    """What a webhook is about: its issue or pull request by number, its branch, or its kind."""
    payload = webhook["payload"]
    numbers = (part["number"] for part in payload.values() if isinstance(part, dict) and "number" in part)
    number = next(numbers, payload.get("number"))
    return f"#{number}" if number is not None else str(payload.get("ref") or webhook["event"])[:200]


async def put_policy(site: Site, pattern: str, **fields: Any) -> None:
    answer = await site.api.put(f"/api/v1/policies/{pattern}", json=fields)
    assert answer.status_code in (200, 201), answer.text


async def until_known(cluster: Cluster) -> None:
    """Every instance has the policy of keys, and refuses an event without one."""
    for k in (1, 2, 3):
        async with asyncio.timeout(10), httpx.AsyncClient(headers=KEY, timeout=20) as api:
            url = f"{cluster.instance_url(k)}/api/v1/events"
            while (await api.post(url, json=KEYLESS)).status_code != 422:
                await asyncio.sleep(0.05)


async def publish(site: Site, events: Sequence[dict[str, Any]]) -> list[int]:
    answer = await site.api.post("/api/v1/events", json={"events": events})
    assert answer.status_code == 201, answer.text
    return [int(position) for position in answer.json()["positions"]]


def before_live(reader: Reader) -> dict[tuple[str, str], Any]:
    """The last event of each topic and key in the first answer of the feed."""
    types = [type for _, type, _ in reader.received]
    first = reader.received[: types.index("stream-live")]
    return {(data["topic"], data["key"]): data["data"] for _, _, data in first if "key" in data}


@pytest.mark.timeout(120)
async def test_the_last_webhook_of_each_subject_comes_first_on_any_instance_and_after_a_kill(
    cluster: Cluster, site: Site
) -> None:
    await put_policy(site, "repo-*", latest="key", history={"events": 1})
    await until_known(cluster)
    last: dict[tuple[str, str], Any] = {}
    events = [{**github_sample.event(webhook), "key": subject(webhook)} for webhook in webhooks()]
    for begin in range(0, len(events), 20):
        await publish(site, events[begin : begin + 20])
    for event in events:
        last[event["topic"], event["key"]] = event["data"]
    topics = sorted({topic for topic, _ in last})[:100]
    expected = {one: data for one, data in last.items() if one[0] in topics}

    cluster.instances[1].kill()
    try:
        late = [await site.reader("alice", topics, instance=k) for k in (1, 3)]
    finally:
        cluster.instances[1].start()
        await asyncio.to_thread(cluster.instances[1].wait_ready, 60)
    late.append(await site.reader("bob", topics, instance=2))
    late.append(await site.reader("carol", topics))

    for reader in late:
        assert before_live(reader) == expected
        assert not reader.resets


@pytest.mark.timeout(120)
async def test_late_readers_have_a_log_of_10_000_lines_whole_and_in_order(
    cluster: Cluster, site: Site
) -> None:
    await put_policy(site, "build-*", history={"events": LINES})
    await put_policy(site, "repo-*", latest="key")
    await until_known(cluster)
    start = await site.publish("build-1", None, "start")
    positions: list[int] = []
    for begin in range(0, LINES, BATCH):
        lines = [
            {"topic": "build-1", "type": "line", "data": f"{n} compiling"}
            for n in range(begin, begin + BATCH)
        ]
        positions += await publish(site, lines)
    token = await site.token("alice", ["build-1"])
    urls = [[cluster.instance_url(k), cluster.http_url] for k in (1, 2, 3, 1, 2)]
    readers = [Reader(url, token, ["build-1"], last_id=str(start)) for url in urls]
    site.listening += [asyncio.create_task(reader.listen()) for reader in readers]

    for reader in readers:
        await until(lambda reader=reader: reader.live, "a live feed")

    for reader in readers:
        assert reader.events("build-1") == positions
        assert not reader.resets
