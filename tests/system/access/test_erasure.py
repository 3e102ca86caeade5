"""A person who is erased stands in no row and no key any more, but where it is said that they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest
import redis
from psycopg import sql
from websockets.asyncio.client import connect

from tests.cluster import Cluster
from tests.system.access.test_revocation import sign_in
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.staff import Staff

NAME, ID = "wilhelmina", "918273645"
SAID = "a-secret-of-hers"
MAKE = f"""
from django.contrib.auth.models import Group, User
user = User.objects.create_user("{NAME}", "{NAME}@example.com", "demo", id={ID})
user.groups.add(Group.objects.get(name="ops"))
from notifications.models import Room, Subscription
Subscription.objects.create(user=user, topic="releases")
room = Room.objects.create(name="hers", audience="people")
room.people.add(user)
from notifications.access import api_keys
api_keys.create("hers", ["send", "tokens"], topics=["user:{NAME}"])
from django_otp.plugins.otp_totp.models import TOTPDevice
TOTPDevice.objects.create(user=user, confirmed=False)
"""
POLL = "/api/v1/topics/poll-1/events"
# What is done stays done: the audit log is not changed.
KEPT = {"hub_notifications_auditentry"}
# That instances were to ask again about a number, for as long as the log keeps anything.
KEPT_IN_REDIS = ":t:hub.control"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


def tables(cluster: Cluster, *words: str) -> set[str]:
    """Those in which any of these words stands."""
    found = set()
    with psycopg.connect(cluster.postgres.url) as database:
        names = database.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in names.fetchall():
            query = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE ANY (%s)").format(
                sql.Identifier(table)
            )
            (rows,) = database.execute(query, [[f"%{word}%" for word in words]]).fetchone() or (0,)
            if rows:
                found.add(table)
    return found


def held(cluster: Cluster, *words: str) -> list[str]:
    """The keys of Redis that bear any of these words, by their name or in what they hold."""
    with redis.Redis.from_url(cluster.redis.url, protocol=2, decode_responses=True) as client:
        return [
            key
            for key in client.scan_iter(count=1000)
            if any(word in f"{key} {content(client, key)}" for word in words)
        ]


def content(client: Any, key: str) -> str:
    read = {
        "string": client.get,
        "stream": client.xrange,
        "hash": client.hgetall,
        "zset": lambda key: client.zrange(key, 0, -1),
        "set": client.smembers,
    }
    return str(read[client.type(key)](key))


@pytest.fixture
async def she(cluster: Cluster, site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who did all that a person does."""
    cluster.manage("shell", "-v0", "-c", MAKE)
    client = await sign_in(cluster.http_url, NAME)
    csrf = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": cluster.http_url}
    (row,) = await site.notify(f"user:{NAME}", f"for {NAME}")
    await site.notify([f"user:{NAME}", "user:alice"], "for two")
    await site.api.post(
        "/api/v1/notifications",
        json={"to": [f"user:{NAME}"], "title": "once"},
        headers={"Idempotency-Key": "once"},
    )
    await client.put(f"/api/v1/notifications/{row['id']}/reading", headers=csrf)
    choices = {"categories": {"builds": {"feed": False, "toast": False}}, "quiet_hours": None}
    assert (await client.put("/api/v1/preferences", json=choices, headers=csrf)).status_code == 200
    policy = {"publish": [f"user:{NAME}"], "latest": "key"}
    await site.api.put("/api/v1/policies/poll-*", json=policy)
    vote = {"type": "vote", "data": SAID, "key": "a"}
    async with asyncio.timeout(5):
        while (
            await client.post(POLL, json=vote, headers=csrf | {"Idempotency-Key": "v"})
        ).status_code != 201:
            await asyncio.sleep(0.02)
    reader = await site.reader(NAME)
    await site.notify("everyone", "for all")
    await until(lambda: len(reader.notifications) > 0, "she has it") if hasattr(
        reader, "notifications"
    ) else None
    for room in ("lobby", "hers"):
        url = f"{cluster.http_url.replace('http', 'ws')}/rooms/{room}/"
        headers = {"Authorization": f"Bearer {await site.token(NAME, [f'room-{room}'])}"}
        async with connect(url, additional_headers=headers) as socket:
            await socket.send(json.dumps({"type": "say", "id": "one", "body": SAID}))
            await socket.send(json.dumps({"type": "signal", "name": "typing", "body": True}))
            async with asyncio.timeout(10):
                while json.loads(await socket.recv())["type"] != "said":
                    pass
    await until(lambda: cluster.count(COPIED) == 2, "what she said is copied")
    await until(lambda: cluster.count("SELECT count(*) FROM hub_notifications_delivery") > 0, "noted")
    yield client
    await client.aclose()


UNSAID = "SELECT count(*) FROM hub_notifications_line WHERE name = '—' AND body = '\"—\"'"
FORGOTTEN = "SELECT count(*) FROM hub_notifications_auditentry t WHERE act = 'forget'"
COPIED = f"SELECT count(*) FROM hub_notifications_line WHERE sender = '{ID}'"  # noqa: S608


async def test_nothing_of_a_person_is_left(cluster: Cluster, site: Site, she: httpx.AsyncClient) -> None:
    async with Staff(cluster.http_url) as staff:
        await staff.post("/dashboard/people/", q=NAME)
    output = cluster.manage("forget", NAME, "--dry-run")
    before = tables(cluster, NAME, ID, SAID)

    cluster.manage("forget", NAME, "--yes")

    assert "messages in rooms" in output
    assert len(before) > 10
    assert tables(cluster, NAME, ID, SAID) - KEPT == set()
    await until(lambda: held(cluster, NAME, SAID) == [], "Redis has nothing", 20)
    assert [key for key in held(cluster, ID) if not key.endswith(KEPT_IN_REDIS)] == []
    assert (await she.get("/")).status_code == 302
    assert (
        cluster.count("SELECT count(*) FROM hub_notifications_line WHERE name = '—' AND body = '\"—\"'") == 2
    )
    assert cluster.count(FORGOTTEN) == 1
    assert cluster.count(f"{FORGOTTEN} AND t::text LIKE '%{NAME}%'") == 0
    assert cluster.count("SELECT count(*) FROM hub_notifications_sending WHERE title = 'for two'") == 1


async def test_others_find_the_room_as_it_was_but_for_her(cluster: Cluster, site: Site) -> None:
    url = f"{cluster.http_url.replace('http', 'ws')}/rooms/lobby/?after=1"
    headers = {"Authorization": f"Bearer {await site.token('alice', ['room-lobby'])}"}
    frames: list[dict[str, Any]] = []
    async with connect(url, additional_headers=headers) as socket, asyncio.timeout(10):
        while not frames or frames[-1]["type"] != "live":
            frames.append(json.loads(await socket.recv()))

    messages = [frame for frame in frames if frame["type"] == "said"]
    assert NAME not in json.dumps(frames)
    assert SAID not in json.dumps(frames)
    assert [(frame["from"], frame["body"]) for frame in messages] == [({"id": "0", "name": "—"}, "—")]
