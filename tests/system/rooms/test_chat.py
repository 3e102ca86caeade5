"""A chat over three instances: whatever is said and changed, everyone has the same, and its number."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator

import pytest
import redis

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.rooms.chatter import Chatter
from tests.system.rooms.tab import Tab
from tests.system.talker import until

DEEDS, DEEDS_COUNTED = 150, 100
TABS = 3


@pytest.fixture
async def chatters(cluster: Cluster, site: Site) -> AsyncIterator[list[Chatter]]:
    """Alice, Bob, Carol, each at another instance, in a new room."""
    answer = await site.api.post("/api/v1/rooms", json={"name": "changes", "members": "everyone"})
    assert answer.status_code in (201, 409)
    made = []
    for k, name in enumerate(("alice", "bob", "carol"), start=1):
        url = cluster.instance_url(k).replace("http", "ws") + "/rooms/changes/"
        made.append(await Chatter(url, await site.token(name)).enter())
    yield made
    for chatter in made:
        await chatter.leave()


async def newcomer(cluster: Cluster, site: Site, after: int = 0) -> Chatter:
    url = cluster.http_url.replace("http", "ws") + "/rooms/changes/"
    made = Chatter(url, await site.token("alice"))
    made.position = after
    return await made.enter()


def rows(cluster: Cluster) -> int:
    text = (
        "SELECT count(*) FROM hub_notifications_line WHERE text LIKE '%secret%' OR body::text LIKE '%secret%'"
    )
    return cluster.count(text)


@pytest.mark.postgres
async def test_of_what_is_removed_no_text_is_left_anywhere(
    cluster: Cluster, site: Site, chatters: list[Chatter]
) -> None:
    alice, bob, _ = chatters
    start = alice.position
    first = await alice.send("say", body="a secret")
    await alice.send("edit", of=first["position"], body="a secret, edited")
    await until(lambda: rows(cluster) == 1, "copied", 60)

    refused = await bob.send("remove", of=first["position"])
    await alice.send("remove", of=first["position"])
    await until(lambda: rows(cluster) == 0, "erased from the rows", 60)

    back, new = await newcomer(cluster, site, start), await newcomer(cluster, site)
    assert refused["reason"] == "not-yours"
    assert "secret" not in json.dumps([back.frames, new.frames])
    client = redis.Redis.from_url(cluster.redis.url)
    held = [client.xrange(key) for key in client.scan_iter("*t:room-*")]
    assert "secret" not in str(held)
    await back.leave()
    await new.leave()


@pytest.mark.timeout(180)
async def test_everyone_ends_up_with_the_same_whatever_is_killed(
    cluster: Cluster, site: Site, chatters: list[Chatter]
) -> None:
    draw = random.Random(18)
    for number in range(DEEDS):
        one = draw.choice(chatters)
        await deed(draw, one, number)
        if number == DEEDS // 2:
            cluster.instances[2].signal(signal.SIGKILL)
            await chatters[2].leave()
            await chatters[2].enter(cluster.instance_url(1).replace("http", "ws") + "/rooms/changes/")
    end = max(one.position for one in chatters)
    await until(lambda: all(one.position == end for one in chatters), "all are told all", 20)

    new, back = await newcomer(cluster, site), await newcomer(cluster, site, min(chatters[0].journal) - 1)
    cluster.instances[2].kill()
    cluster.instances[2].start()
    await asyncio.to_thread(cluster.instances[2].wait_ready, 60)

    journal = chatters[0].journal
    assert chatters[1].journal == chatters[2].journal == journal
    assert back.journal == journal
    assert all(new.journal[at] == journal[at] for at in new.journal)
    assert set(list(journal)[-20:]) <= set(new.journal)
    for one in (new, back):
        await one.leave()


async def deed(draw: random.Random, one: Chatter, number: int) -> None:
    """Anything that a person does in a chat; what is not theirs is refused."""
    of = str(draw.choice(list(one.journal))) if one.journal else ""
    match draw.choice(["say", "say", "edit", "remove", "react", "react"]) if of else "say":
        case "say":
            await one.send("say", body=f"line {number}")
        case "edit":
            await one.send("edit", of=of, body=f"edited {number}")
        case "remove":
            await one.send("remove", of=of)
        case _:
            await one.send("react", of=of, body=draw.choice(["👍", "🎉"]))


async def test_three_tabs_of_two_people_show_the_servers_numbers(cluster: Cluster, site: Site) -> None:
    rooms = ["unread-1", "unread-2"]
    for room in rooms:
        body = {"name": room, "members": ["user:alice", "user:bob"]}
        assert (await site.api.post("/api/v1/rooms", json=body)).status_code == 201
    tokens = {name: await site.token(name) for name in ("alice", "bob")}
    tabs = {
        name: [Tab(cluster.instance_url(k), token) for k in range(1, TABS + 1)]
        for name, token in tokens.items()
    }
    reading = [asyncio.create_task(tab.read()) for of_person in tabs.values() for tab in of_person]
    await asyncio.gather(*(tab.open.wait() for of_person in tabs.values() for tab in of_person))
    chatters = {}
    for name, token in tokens.items():
        for room in rooms:
            url = cluster.http_url.replace("http", "ws") + f"/rooms/{room}/"
            chatters[name, room] = await Chatter(url, token).enter()

    draw = random.Random(7)
    for number in range(DEEDS_COUNTED):
        name, room = draw.choice(list(tokens)), draw.choice(rooms)
        one = chatters[name, room]
        match draw.choice(["say", "say", "say", "remove", "read"]):
            case "say":
                await one.send("say", body=f"{number}")
            case "remove" if one.journal:
                await one.send("remove", of=str(draw.choice(list(one.journal))))
            case _:
                upto = {"position": str(draw.choice(list(one.journal)))} if one.journal else {}
                headers = {"Authorization": f"Bearer {tokens[name]}"}
                answer = await site.api.put(f"/api/v1/rooms/{room}/reading", json=upto, headers=headers)
                assert answer.status_code == 200, answer.text

    for room in rooms:
        messages = await stored(room, chatters["alice", room], site)
        assert messages == len(chatters["alice", room].journal)
    numbers: dict[str, dict[str, int]] = {}
    for name in tokens:
        listed = (await site.api.get(f"/api/v1/rooms?user={name}")).json()["rooms"]
        numbers[name] = {room["name"]: room["unread"] for room in listed if room["name"] in rooms}
    await until(
        lambda: all(tab.unread == numbers[name] for name, of_person in tabs.items() for tab in of_person),
        "every tab shows the server's numbers",
        15,
    )
    assert any(count for of_person in numbers.values() for count in of_person.values())
    for task in reading:
        task.cancel()
    for one in chatters.values():
        await one.leave()


async def stored(room: str, one: Chatter, site: Site) -> int:
    """How many messages of a room are rows, once they are those that it was told of."""
    async with asyncio.timeout(60):
        while True:
            page = (await site.api.get(f"/api/v1/rooms/{room}/messages?limit=100")).json()["items"]
            if {int(item["position"]) for item in page} == set(one.journal):
                return len(page)
            await asyncio.sleep(0.1)
