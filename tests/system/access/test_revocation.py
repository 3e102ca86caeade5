"""A right that ends on one instance ends the feed on every other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

CHANGE = "from django.contrib.auth.models import *; from notifications.models import *; "


class Feed:
    """A feed of a signed-in browser on one instance, until it is closed."""

    def __init__(self, url: str, cookies: httpx.Cookies, topics: tuple[str, ...] = ()) -> None:
        self.types: list[str] = []
        self.first: Any = None
        self.last: Any = None
        self.task = asyncio.create_task(self._listen(url, cookies, topics))

    async def _listen(self, url: str, cookies: httpx.Cookies, topics: tuple[str, ...]) -> None:
        params = [("topic", topic) for topic in topics]
        async with (
            httpx.AsyncClient(cookies=cookies, timeout=60) as client,
            aconnect_sse(client, "GET", f"{url}/feed/", params=params) as source,
        ):
            async for event in source.aiter_sse():
                self.types.append(event.event)
                self.last = event.json() if event.data else None
                self.first = self.first or self.last


async def sign_in(url: str, username: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=url, timeout=20)
    await client.get("/accounts/login/")
    form = {"username": username, "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    answer = await client.post("/accounts/login/", data=form, headers={"Referer": url})
    assert answer.status_code == 302, answer.text
    return client


@pytest.fixture
async def bob(cluster: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    client = await sign_in(cluster.http_url, "bob")
    yield client
    await client.aclose()


async def opened(cluster: Cluster, client: httpx.AsyncClient, instance: int, *topics: str) -> Feed:
    feed = Feed(cluster.instance_url(instance), client.cookies, topics)
    await until(lambda: "stream-live" in feed.types, "a live feed")
    return feed


async def opened_soon(cluster: Cluster, client: httpx.AsyncClient, instance: int, *topics: str) -> Feed:
    """A live feed, once the instance knows of a right that was given a moment ago."""
    async with asyncio.timeout(5):
        while True:
            feed = Feed(cluster.instance_url(instance), client.cookies, topics)
            await until(lambda feed=feed: "stream-live" in feed.types or feed.task.done(), "an answer")
            if not feed.task.done():
                return feed


async def shell(cluster: Cluster, code: str) -> None:
    await asyncio.to_thread(cluster.manage, "shell", "-v0", "-c", CHANGE + code)


async def closed(feed: Feed) -> dict[str, Any]:
    await until(feed.task.done, "the end of the feed", deadline_s=5)
    assert feed.types[-1] == "stream-error"
    last: dict[str, Any] = feed.last
    return last


async def test_signing_out_ends_the_session_s_feeds_on_all_instances(
    cluster: Cluster, bob: httpx.AsyncClient
) -> None:
    elsewhere = await sign_in(cluster.http_url, "bob")
    feeds = [await opened(cluster, bob, k) for k in (1, 2, 3)]
    other = await opened(cluster, elsewhere, 1)

    token = {"csrfmiddlewaretoken": bob.cookies["csrftoken"]}
    await bob.post("/accounts/logout/", data=token, headers={"Referer": str(bob.base_url)})

    for feed in feeds:
        assert await closed(feed) == {"reason": "revoked", "retry": False}
    assert not other.task.done()
    other.task.cancel()
    await elsewhere.aclose()


async def test_a_deactivated_person_s_feeds_end(cluster: Cluster, site: Site, bob: httpx.AsyncClient) -> None:
    feed = await opened(cluster, bob, 2)
    reader = await site.reader("bob", instance=3)

    await shell(cluster, "u = User.objects.get(username='bob'); u.is_active = False; u.save()")
    try:
        assert await closed(feed) == {"reason": "revoked", "retry": False}
        await until(lambda: any(type == "stream-error" for _, type, _ in reader.received), "the token's end")
    finally:
        await shell(cluster, "u = User.objects.get(username='bob'); u.is_active = True; u.save()")


async def test_a_changed_password_ends_them(cluster: Cluster, bob: httpx.AsyncClient) -> None:
    feed = await opened(cluster, bob, 2)

    await shell(cluster, "u = User.objects.get(username='bob'); u.set_password('demo'); u.save()")

    assert await closed(feed) == {"reason": "revoked", "retry": False}


async def test_a_lost_group_ends_them_and_lets_the_person_come_back_without_it(cluster: Cluster) -> None:
    alice = await sign_in(cluster.http_url, "alice")
    feed = await opened(cluster, alice, 2)

    await shell(cluster, "Group.objects.get(name='ops').user_set.remove(User.objects.get(username='alice'))")
    try:
        assert await closed(feed) == {"reason": "revoked", "retry": True}
        again = await opened(cluster, alice, 3)
        again.task.cancel()
    finally:
        await shell(cluster, "Group.objects.get(name='ops').user_set.add(User.objects.get(username='alice'))")
        await alice.aclose()


async def test_a_lost_grant_ends_the_feed_it_opened(cluster: Cluster, bob: httpx.AsyncClient) -> None:
    await shell(cluster, "Grant.objects.create(pattern='loan-1')")
    feed = await opened(cluster, bob, 2, "loan-1")
    other = await opened(cluster, bob, 2)

    await shell(cluster, "Grant.objects.get(pattern='loan-1').delete()")

    assert await closed(feed) == {"reason": "revoked", "retry": True}
    assert not other.task.done()
    other.task.cancel()


async def test_a_changed_policy_opens_a_topic_and_ends_the_feeds_that_it_opened(
    cluster: Cluster, bob: httpx.AsyncClient
) -> None:
    path, key = "/api/v1/policies/lease-*", {"Authorization": "Bearer demo-key"}
    async with httpx.AsyncClient(base_url=cluster.http_url, headers=key) as program:
        await program.put(path, json={"read": ["everyone"]})
        feeds = [await opened_soon(cluster, bob, k, "lease-1") for k in (1, 2, 3)]

        assert (await program.delete(path)).status_code == 200

    for feed in feeds:
        assert await closed(feed) == {"reason": "revoked", "retry": True}
    refused = Feed(cluster.instance_url(1), bob.cookies, ("lease-1",))
    await until(refused.task.done, "a refusal")
    assert refused.types == []


LOOKS = "Permission.objects.get(codename='view_dashboard')"


@pytest.mark.parametrize(
    ("give", "take"),
    [
        (f"u.user_permissions.add({LOOKS})", f"u.user_permissions.remove({LOOKS})"),
        (
            f"g = Group.objects.create(name='lookers'); g.permissions.add({LOOKS}); g.user_set.add(u)",
            "Group.objects.get(name='lookers').permissions.clear()",
        ),
    ],
    ids=["their own", "a group's"],
)
async def test_a_lost_permission_ends_the_feed_it_opened(cluster: Cluster, give: str, take: str) -> None:
    bob = "u = User.objects.get(username='bob'); "
    await shell(cluster, bob + "u.is_staff = True; u.save(); " + give)
    client = await sign_in(cluster.http_url, "bob")
    try:
        feed = await opened(cluster, client, 2, "staff-instances")
        await shell(cluster, bob + take)

        assert await closed(feed) == {"reason": "revoked", "retry": True}
    finally:
        await shell(
            cluster, bob + "u.is_staff = False; u.save(); Group.objects.filter(name='lookers').delete()"
        )
        await client.aclose()


async def test_a_lost_grant_ends_the_feed_that_added_its_topic_later(
    cluster: Cluster, bob: httpx.AsyncClient
) -> None:
    await shell(cluster, "Grant.objects.create(pattern='loan-2')")
    feed = await opened(cluster, bob, 2)
    body = {"feed": feed.first["feed"], "add": ["loan-2"]}

    foreign = await bob.post("/api/v1/feed/topics", json=body)
    added = await bob.post(
        "/api/v1/feed/topics", json=body, headers={"X-CSRFToken": bob.cookies["csrftoken"]}
    )
    await until(lambda: "stream-topics" in feed.types, "the change")
    await shell(cluster, "Grant.objects.get(pattern='loan-2').delete()")

    assert (foreign.status_code, added.status_code) == (403, 200)
    assert "CSRF" in foreign.json()["detail"]
    assert await closed(feed) == {"reason": "revoked", "retry": True}
