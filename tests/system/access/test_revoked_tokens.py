"""What was given out and ended opens nothing on any instance, and what it had opened is closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.cluster import Cluster
from tests.system.access.test_revocation import shell, sign_in
from tests.system.conftest import KEY, Site
from tests.system.reader import until

INSTANCES = (1, 2, 3)


class Held:
    """Feeds of one token, one on each instance, that stay away once they are refused."""

    def __init__(self, cluster: Cluster, id: str, token: str) -> None:
        self.id = id
        self.cluster = cluster
        self.bearer = {"Authorization": f"Bearer {token}"}
        self.types: dict[int, list[str]] = {k: [] for k in INSTANCES}
        self.last: dict[int, Any] = {}
        self.tasks = {k: asyncio.create_task(self._listen(k)) for k in INSTANCES}

    async def _listen(self, instance: int) -> None:
        async with (
            httpx.AsyncClient(headers=self.bearer, timeout=60) as client,
            aconnect_sse(client, "GET", f"{self.cluster.instance_url(instance)}/feed/") as source,
        ):
            async for event in source.aiter_sse():
                self.types[instance].append(event.event)
                self.last[instance] = event.json() if event.data else None

    async def live(self) -> None:
        await until(lambda: all("stream-live" in types for types in self.types.values()), "three live feeds")

    async def closed(self) -> list[Any]:
        await until(lambda: all(task.done() for task in self.tasks.values()), "three ends", deadline_s=5)
        return [self.last[k] for k in INSTANCES]

    async def answers(self) -> list[int]:
        """What each instance answers now to a feed, a room and the API."""
        async with httpx.AsyncClient(headers=self.bearer, timeout=20) as client:
            found = []
            for k in INSTANCES:
                url = self.cluster.instance_url(k)
                async with client.stream("GET", f"{url}/feed/") as feed:
                    found.append(feed.status_code)
                found.append(await self._room(url.replace("http", "ws", 1)))
                found.append((await client.get(f"{url}/api/v1/notifications/count")).status_code)
            return found

    async def _room(self, url: str) -> int:
        async with connect(f"{url}/rooms/ops/", additional_headers=self.bearer, compression=None) as room:
            try:
                await room.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
            return 200

    def leave(self) -> None:
        for task in self.tasks.values():
            task.cancel()


@pytest.fixture
async def give(cluster: Cluster, site: Site) -> AsyncIterator[Callable[..., Awaitable[Held]]]:
    """Ask for a token of somebody that names the room ops, and hold a feed with it on each instance."""
    held: list[Held] = []

    async def make(user: str, key: str = "") -> Held:
        body = {"user": user, "topics": ["room-ops"]}
        headers = {"Authorization": f"Bearer {key}"} if key else KEY
        answer = await site.api.post("/api/v1/tokens", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        one = Held(cluster, answer.json()["id"], answer.json()["token"])
        held.append(one)
        await one.live()
        return one

    yield make
    for one in held:
        one.leave()


@pytest.fixture
async def gone(cluster: Cluster) -> AsyncIterator[str]:
    """The name of somebody who may go."""
    await shell(cluster, "User.objects.create_user('gone', password='demo')")
    yield "gone"
    await shell(cluster, "User.objects.filter(username='gone').delete()")


@contextlib.asynccontextmanager
async def signing_out(cluster: Cluster) -> AsyncIterator[None]:
    """Somebody else signs in and out, again and again."""

    async def noise() -> None:
        while True:
            carol = await sign_in(cluster.http_url, "carol")
            form = {"csrfmiddlewaretoken": carol.cookies["csrftoken"]}
            await carol.post("/accounts/logout/", data=form, headers={"Referer": cluster.http_url})
            await carol.aclose()

    task = asyncio.create_task(noise())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


ENDS = {
    "deactivated": "u = User.objects.get(username='gone'); u.is_active = False; u.save()",
    "deleted": "User.objects.get(username='gone').delete()",
    "another password": "u = User.objects.get(username='gone'); u.set_password('other'); u.save()",
    "signed out everywhere": "from notifications.access import endings; "
    "endings.end_all(User.objects.get(username='gone').pk)",
}
NOTHING = [401, 4401, 401] * len(INSTANCES)


@pytest.mark.parametrize("change", ENDS.values(), ids=ENDS.keys())
async def test_who_is_gone_opens_nothing_anywhere_while_others_sign_out(
    cluster: Cluster, gone: str, give: Callable[..., Awaitable[Held]], change: str
) -> None:
    held = await give(gone)
    assert await held.answers() == [200] * len(NOTHING)

    async with signing_out(cluster):
        await shell(cluster, change)

        assert await held.closed() == [{"reason": "revoked", "retry": False}] * len(INSTANCES)
        assert await held.answers() == NOTHING


async def test_a_revoked_token_opens_nothing_and_another_of_the_same_person_stands(
    site: Site, give: Callable[..., Awaitable[Held]]
) -> None:
    held, other = await give("bob"), await give("bob")

    answer = await site.api.delete(f"/api/v1/tokens/{held.id}")

    assert answer.status_code == 200, answer.text
    assert await held.closed() == [{"reason": "revoked", "retry": False}] * len(INSTANCES)
    assert await held.answers() == NOTHING
    assert await other.answers() == [200] * len(NOTHING)
    assert not any(task.done() for task in other.tasks.values())


async def test_a_revoked_key_ends_what_it_gave_out(
    cluster: Cluster, give: Callable[..., Awaitable[Held]]
) -> None:
    key = await asyncio.to_thread(cluster.manage, "apikey", "create", "--name", "brief", "--scope", "tokens")
    held, other = await give("bob", key.strip().splitlines()[-1]), await give("bob")

    await asyncio.to_thread(cluster.manage, "apikey", "revoke", "brief")

    assert await held.closed() == [{"reason": "revoked", "retry": False}] * len(INSTANCES)
    assert await held.answers() == NOTHING
    assert not any(task.done() for task in other.tasks.values())


async def test_a_lost_group_narrows_a_token_and_a_gained_one_closes_a_feed_once(
    cluster: Cluster, site: Site, gone: str
) -> None:
    ops = "Group.objects.get(name='ops').user_set.%s(User.objects.get(username='gone'))"
    readers = [await site.reader(gone, instance=k) for k in INSTANCES]
    inbox = [len(opening(reader)["topics"]) for reader in readers]

    await shell(cluster, ops % "add")
    await until(lambda: all(reader.connects == 2 and reader.live for reader in readers), "all are back")
    wide = [len(opening(reader)["topics"]) for reader in readers]
    mark = await site.notify(["group:ops", "everyone"], "for who is in it")
    await until(lambda: all(mark[0]["id"] in reader.notifications for reader in readers), "all hear it")
    await shell(cluster, ops % "remove")
    await until(lambda: all(reader.connects == 3 and reader.live for reader in readers), "all are back again")
    later = await site.notify(["group:ops", "everyone"], "for who is left")
    await until(lambda: all(later[1]["id"] in reader.notifications for reader in readers), "all hear")

    assert wide == [number + 1 for number in inbox]
    assert [len(opening(reader)["topics"]) for reader in readers] == inbox
    assert not any(later[0]["id"] in reader.notifications for reader in readers)
    assert [reader.connects for reader in readers] == [3] * len(INSTANCES)


def opening(reader: Any) -> dict[str, Any]:
    """What the feed that is open said first."""
    opened: dict[str, Any] = [data for _, type, data in reader.received if type == "stream-open"][-1]
    return opened
