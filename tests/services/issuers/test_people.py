"""A person of another issuer, from first sight to the end of what they opened."""

from __future__ import annotations

import json
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.cluster.instance import Instance
from tests.services.issuers.feeds import feed, refused
from tests.services.issuers.issuer import Issuer

DEMO = {"Authorization": "Bearer demo-key"}


async def call(hub: Instance, method: str, path: str, body: Any) -> None:
    async with httpx.AsyncClient(timeout=20) as client:
        (await client.request(method, f"{hub.url}/api/v1/{path}", json=body, headers=DEMO)).raise_for_status()


async def test_a_person_who_was_never_here_reads_what_is_sent_to_them_and_their_groups(
    hub: Instance, issuer: Issuer
) -> None:
    issuer.publish("first")
    token = issuer.token("first", "auth0|new", groups=["readers"], topics=["job-42"])

    async with feed(hub, token, "?topic=job-42") as opened:
        await call(hub, "POST", "notifications", {"to": ["group:readers"], "title": "To the group"})
        assert (await opened.until("notification"))["data"]["title"] == "To the group"
        await call(hub, "POST", "events", {"topic": "job-42", "type": "progress", "data": {"done": 3}})
        assert (await opened.until("progress"))["data"] == {"done": 3}

    async with feed(hub, token) as opened:
        await call(hub, "POST", "notifications", {"to": ["id:auth0|new"], "title": "To the person"})
        assert (await opened.until("notification"))["data"]["title"] == "To the person"


async def test_a_room_welcomes_them(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("first")
    headers = {"Authorization": f"Bearer {issuer.token('first')}"}

    async with connect(f"{hub.url.replace('http', 'ws')}/rooms/lobby/", additional_headers=headers) as room:
        welcome = json.loads(await room.recv())

    assert (welcome["type"], welcome["you"]["name"]) == ("welcome", "alice")


async def test_a_feed_ends_with_its_token(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("first")
    async with feed(hub, issuer.token("first", ttl_s=3)) as opened:
        assert (await opened.until("stream-error"))["reason"] == "expired"
        await opened.end()


async def test_a_person_who_is_deactivated_is_out_and_stays_out(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("first")
    token = issuer.token("first", "leaver")

    async with feed(hub, token) as opened:
        await call(hub, "PATCH", "people/leaver", {"active": False})
        assert await opened.until("stream-error") == {"reason": "revoked", "retry": False}
        await opened.end()

    status, problem, _ = await refused(hub, token)
    assert (status, problem["detail"]) == (401, "The user of this token is inactive or deleted.")


async def test_an_open_feed_loses_a_group_that_a_later_token_does_not_list(
    hub: Instance, issuer: Issuer
) -> None:
    issuer.publish("first")

    with_group, without = (issuer.token("first", "mover", groups=names) for names in (["readers"], []))
    async with feed(hub, with_group) as opened, feed(hub, without) as later:
        assert await opened.until("stream-error") == {"reason": "revoked", "retry": True}
        topics = (await later.until("stream-open"))["topics"]

    assert not [topic for topic in topics if topic.startswith("group-")]


async def test_the_log_of_the_instance_has_no_token(hub: Instance, issuer: Issuer) -> None:
    issuer.publish("first")
    tokens = [issuer.token("first"), issuer.token("mallory"), issuer.token("first", aud="x")]
    async with feed(hub, tokens[0]):
        pass
    for token in tokens[1:]:
        assert (await refused(hub, token))[0] == 401

    log = hub.log_file.read_text()

    assert "feed" in log
    for token in tokens:
        assert not [part for part in token.split(".") if part in log]
