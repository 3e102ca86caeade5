"""Parallel sends with one key, over three instances, leave one notification, and none of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import Reader, until

ROUNDS = 8
POSTS = 40
ADDRESSES = ["user:alice", "user:bob", "user:carol", "group:ops", "everyone"]


@pytest.fixture(scope="module", params=["postgres", "sqlite"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLUSTER_DATABASE", request.param)
        with Cluster(tmp_path_factory.mktemp("cluster"), 3) as cluster:
            yield cluster


async def post(site: Site, n: int, to: list[str], key: str) -> httpx.Response:
    url = f"{site.cluster.instance_url(n % 3 + 1)}/api/v1/notifications"
    body = {"to": to, "title": f"{key} {n}", "key": key}
    return await site.api.post(url, json=body, headers=KEY, timeout=60)


def shown(reader: Reader, key: str) -> set[str]:
    """What an open page shows of a key: what came and was not recalled since."""
    ids: set[str] = set()
    for _, type, data in reader.received:
        if type == "notification" and data["data"]["title"].startswith(f"{key} "):
            ids.add(data["data"]["id"])
        elif type == "recalled":
            ids.discard(data["data"]["id"])
    return ids


def shows(reader: Reader, key: str, live: set[str]) -> bool:
    return shown(reader, key) == live


@pytest.mark.timeout(300)
async def test_one_stands_in_every_tab(site: Site) -> None:
    tabs = [await site.reader("alice", instance=k) for k in (1, 2, 3)]
    headers = {"Authorization": f"Bearer {await site.token('alice')}"}

    for round in range(ROUNDS):
        key = f"build-{round}"
        answers = await asyncio.gather(*(post(site, n, ["user:alice"], key) for n in range(POSTS)))

        assert [answer.status_code for answer in answers] == [201] * POSTS
        listing = (await site.api.get("/api/v1/notifications?limit=100", headers=headers)).json()["items"]
        live = {item["id"] for item in listing if item["title"].startswith(f"{key} ")}
        assert len(live) == 1
        for tab in tabs:
            await until(partial(shows, tab, key, live), f"{key} in every tab")


@pytest.mark.timeout(300)
async def test_the_order_of_addresses_does_not_matter(site: Site) -> None:
    for round in range(ROUNDS):
        turns = [ADDRESSES[n % 5 :] + ADDRESSES[: n % 5] for n in range(POSTS)]
        orders = [to if n % 2 else to[::-1] for n, to in enumerate(turns)]
        answers = await asyncio.gather(*(post(site, n, to, f"order-{round}") for n, to in enumerate(orders)))

        assert [answer.status_code for answer in answers] == [201] * POSTS
    live = site.cluster.count(
        "SELECT count(*) FROM hub_notifications_notification WHERE key LIKE 'order-%' AND recalled_at IS NULL"
    )
    assert live == ROUNDS * len(ADDRESSES)


@pytest.mark.timeout(300)
async def test_no_tab_is_sent_a_notification_after_its_recall(site: Site) -> None:
    tabs = [await site.reader("alice", instance=k) for k in (1, 2, 3)]

    async def post_and_recall(n: int) -> tuple[int, int]:
        posted = await post(site, n, ["user:alice"], f"recalled-{n % 3}")
        id = posted.json()["notifications"][0]["id"]
        other = site.cluster.instance_url((n + 1) % 3 + 1)
        recalled = await site.api.delete(f"{other}/api/v1/notifications/{id}", headers=KEY, timeout=60)
        return posted.status_code, recalled.status_code

    statuses = await asyncio.gather(*(post_and_recall(n) for n in range(POSTS)))

    assert set(statuses) == {(201, 200)}
    for tab in tabs:
        await until(lambda tab=tab: len(recalls(tab)) == POSTS, "every recall in every tab")
        assert sent_after_recall(tab) == set()


def recalls(reader: Reader) -> set[str]:
    """The ids that were recalled since the test began."""
    return {data["data"]["id"] for _, type, data in reader.received if type == "recalled"}


def sent_after_recall(reader: Reader) -> set[str]:
    recalled: set[str] = set()
    late: set[str] = set()
    for _, type, data in reader.received:
        if type == "recalled":
            recalled.add(data["data"]["id"])
        elif type == "notification" and data["data"]["id"] in recalled:
            late.add(data["data"]["id"])
    return late
