"""`nginx -s reload` under open feeds and rooms: nobody is cut, moved in a herd, lost or told twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.proxy.conftest import SHUTDOWN_S
from tests.system.reader import Reader, until
from tests.system.talker import Resident, Talker

RELOADS = int(os.environ.get("RELOADS", "2"))
FEEDS = int(os.environ.get("FEEDS", "20"))
SOCKETS = int(os.environ.get("SOCKETS", "3"))  # in a room; the first of each person speak
PEOPLE = ("alice", "bob", "carol")
RETIRED = 4000


async def post(site: Site, number: int) -> str:
    """As a program should: what went down with an idle connection is sent again, under the same key."""
    body = {"to": ["everyone"], "title": f"number {number}"}
    while True:
        with contextlib.suppress(httpx.TransportError):
            key = {"Idempotency-Key": f"reload-{number}"}
            answer = await site.api.post("/api/v1/notifications", json=body, headers=key)
            assert answer.status_code == 201, answer.text
            id: str = answer.json()["notifications"][0]["id"]
            return id


async def a_room(cluster: Cluster, site: Site) -> str:
    """The URL of a room of its own: a newcomer is sent the messages of other tests, too."""
    answer = await site.api.post("/api/v1/rooms", json={"name": "reload", "members": "everyone"})
    assert answer.status_code == 201, answer.text
    return cluster.http_url.replace("http", "ws") + "/rooms/reload/"


async def talk(stop: asyncio.Event, site: Site, talkers: Sequence[Talker], posted: list[str]) -> None:
    while not stop.is_set():
        posted.append(await post(site, len(posted)))
        if len(posted) % 5 == 0:
            for talker in talkers:
                talker.messages.append(f"line {len(posted)}")
        await asyncio.sleep(0.02)


@pytest.mark.timeout(600)
async def test_a_reload_costs_no_one_anything(cluster: Cluster, site: Site) -> None:
    nginx = cluster.nginx
    url = await a_room(cluster, site)
    tokens = {name: await site.token(name) for name in PEOPLE}
    names = [PEOPLE[n % 3] for n in range(SOCKETS)]
    talkers = [Resident(url, tokens[name], f"{name}-{n}", "") for n, name in enumerate(names)]
    site.listening += [asyncio.create_task(talker.run()) for talker in talkers]
    readers: list[Reader] = await asyncio.gather(*(site.reader(PEOPLE[n % 3]) for n in range(FEEDS)))
    await until(lambda: all(talker.position for talker in talkers), "everybody is in the room")
    posted: list[str] = []
    stop = asyncio.Event()
    talking = asyncio.create_task(talk(stop, site, talkers[: len(PEOPLE)], posted))

    old: set[int] = set()
    reloaded_at = time.monotonic()
    for turn in range(RELOADS):
        old, before = nginx.workers, len(posted)
        nginx.reload()
        reloaded_at = time.monotonic()
        await until(lambda old=old: len(nginx.workers - old) > 0, "new workers")
        await until(lambda before=before: len(posted) >= before + 20, "some events later")
        if turn == 0:
            assert {reader.connects for reader in readers} == {1}, "they were moved at once"
            assert old <= nginx.workers, "they keep those who are there"
    await until(lambda: not old & nginx.workers, "the end of the old workers", SHUTDOWN_S + 5)
    print(f"old workers: {time.monotonic() - reloaded_at:.1f} s; {len(posted)} events")
    assert time.monotonic() - reloaded_at < SHUTDOWN_S + 1
    stop.set()
    await talking

    for reader in readers:
        await until(lambda r=reader: len(r.notifications) >= len(posted), "everything")
        assert reader.notifications == posted
        assert not reader.resets
        retired = sum(type == "retire" for _, type, _ in reader.received)
        assert reader.connects in (retired, retired + 1), "nobody left but for old age"
    await until(lambda: all(talker.done for talker in talkers), "everything is said")
    said = {line for talker in talkers for line in talker.received}
    await until(lambda: all(len(talker.received) == len(said) for talker in talkers), "everything is heard")
    assert len(said) == len(PEOPLE) * (len(posted) // 5)
    assert not any(talker.doubled or talker.refused for talker in talkers)
    assert {code for talker in talkers for code in talker.codes} <= {RETIRED}
