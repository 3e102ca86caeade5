"""An issuer turns its keys, goes away and comes back: who reads does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.cluster.instance import Instance
from tests.services.issuers.feeds import Feed, feed, refused
from tests.services.issuers.issuer import Issuer

DEMO = {"Authorization": "Bearer demo-key"}


@pytest.fixture(autouse=True)
def published(issuer: Issuer) -> Iterator[None]:
    """Each test begins and ends with a running issuer."""
    yield
    if not issuer.alive:
        issuer.start()
        issuer.wait_ready()


async def notify(hub: Instance, title: str) -> None:
    async with httpx.AsyncClient() as client:
        body = {"to": ["user:alice"], "title": title}
        (await client.post(f"{hub.url}/api/v1/notifications", json=body, headers=DEMO)).raise_for_status()


async def title(feed: Feed) -> str:
    return str((await feed.until("notification"))["data"]["title"])


async def api_status(hub: Instance, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.get(f"{hub.url}/api/v1/notifications/count", headers=headers)).status_code


async def room_code(hub: Instance, token: str) -> int:
    """With which code a room closes."""
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(f"{hub.url.replace('http', 'ws')}/rooms/lobby/", additional_headers=headers) as room:
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(10):
                await room.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_keys_turn_and_no_reader_notices(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("first")
    async with feed(hub, issuer.token("first")) as before:
        issuer.publish("first", "second")
        async with feed(hub, issuer.token("second")) as new, feed(hub, issuer.token("first")) as old:
            issuer.publish("second")
            async with feed(hub, issuer.token("second")) as after:
                await notify(hub, "Turned")

                assert [await title(each) for each in (before, new, old, after)] == ["Turned"] * 4
                assert not any(each.ended for each in (before, new, old, after))


async def test_many_connect_with_a_key_that_is_new(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("third")
    tokens = [issuer.token("third", n=n) for n in range(40)]

    async def opened(token: str) -> int:
        async with feed(hub, token) as found:
            return len(found.received)

    assert all(await asyncio.gather(*map(opened, tokens)))


async def test_a_key_that_was_never_published_is_refused(hub: Instance, issuer: Issuer) -> None:
    status, problem, headers = await refused(hub, issuer.token("mallory"))

    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert "its key is unknown (kid 'mallory')" in problem["detail"]
    assert await room_code(hub, issuer.token("mallory")) == 4401


async def test_known_keys_work_while_the_issuer_is_away_and_unknown_ones_are_to_be_tried_again(
    hub: Instance, issuer: Issuer
) -> None:
    issuer.publish("fourth")
    async with feed(hub, issuer.token("fourth")):
        issuer.stop()

        async with feed(hub, issuer.token("fourth")):
            assert await api_status(hub, issuer.token("fourth")) == 200
        assert await api_status(hub, issuer.token("fifth")) == 503
        status, problem, headers = await refused(hub, issuer.token("fifth"))
        assert status == 503
        assert int(headers["retry-after"]) >= 1
        assert "cannot be fetched now" in problem["detail"]
        assert await room_code(hub, issuer.token("fifth")) == 4002


async def test_a_key_that_was_published_during_an_outage_works_after_it(
    hub: Instance, issuer: Issuer
) -> None:
    issuer.stop()
    assert await api_status(hub, issuer.token("sixth")) == 503
    issuer.publish("sixth")
    issuer.start()
    issuer.wait_ready()

    async with asyncio.timeout(10):
        while await api_status(hub, issuer.token("sixth")) == 503:
            await asyncio.sleep(0.1)

    assert await api_status(hub, issuer.token("sixth")) == 200
