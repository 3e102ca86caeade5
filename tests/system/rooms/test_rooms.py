"""Rooms over three instances behind nginx: nobody is lost in a reconnect, whatever dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from websockets.asyncio.client import connect

from tests.cluster import Cluster
from tests.system.conftest import Site, restart
from tests.system.rooms.desk import Desk, Entrance
from tests.system.talker import Talker, until

PEOPLE = 30
MESSAGES = 200
LOCK_S = 10.0
MANY = [f"chat-{n}" for n in range(100)]
SPEAKERS, LINES = 10, 60  # each in a tenth of the rooms; what a person may say at once
DEEDS, SEED = 300, 18
MAKE = """
from django.contrib.auth.models import User
from notifications.models import Room
for n in range({people}):
    User.objects.get_or_create(username=f"talker-{{n}}")
for name in {rooms}:
    Room.objects.get_or_create(name=name)
"""


@pytest.fixture(scope="module", params=["serve", "uvicorn"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """On sockets of our own, and through the Channels consumer on a server that knows nothing of the hub."""
    folder = tmp_path_factory.mktemp("cluster")
    # The log reaches back over the whole talk: everybody may come back to any of it.
    env = {"HUB_DRAIN_S": "2", "HUB_LOG_MAX_EVENTS": "10000"}
    with Cluster(folder, 3, extra_env=env, server=request.param) as cluster:
        cluster.manage("shell", "-c", MAKE.format(people=PEOPLE, rooms=MANY))
        yield cluster


@pytest.fixture
async def talkers(cluster: Cluster, site: Site) -> AsyncIterator[list[Talker]]:
    """Thirty people in the lobby; nobody has anything to say yet."""
    url = cluster.http_url.replace("http", "ws") + "/rooms/lobby/"
    found = []
    for n in range(PEOPLE):
        token = await site.token(f"talker-{n}")
        headers = {"Authorization": f"Bearer {token}"}
        # With a bounded queue, unread lines would keep the client from seeing that it was closed.
        async with connect(url, additional_headers=headers, max_queue=None) as socket:
            you = json.loads(await socket.recv())["you"]["id"]
        found.append(Talker(url, token, f"t{n}", you))
    running = [asyncio.create_task(talker.run()) for talker in found]
    await until(lambda: all(talker.position for talker in found), "everybody is in", 30)
    yield found
    for task in running:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*running, return_exceptions=True)


async def drop_some(talkers: list[Talker], until_over: asyncio.Event) -> None:
    while not until_over.is_set():
        await asyncio.sleep(0.15)
        await random.choice(talkers).drop()


@pytest.mark.timeout(300)
async def test_a_talk_of_thirty_survives_drops_a_kill_and_a_rolling_restart(
    cluster: Cluster, talkers: list[Talker]
) -> None:
    before = {talker.name: len(talker.received) for talker in talkers}
    for talker in talkers:
        talker.messages += [f"{talker.name} says {n}" for n in range(MESSAGES)]
    over = asyncio.Event()
    dropping = asyncio.create_task(drop_some(talkers, over))

    under_way = PEOPLE * MESSAGES // 10
    await until(
        lambda: len(talkers[0].received) - before[talkers[0].name] >= under_way, "it is under way", 30
    )
    cluster.instances[0].kill()
    cluster.instances[0].start()
    await asyncio.to_thread(cluster.instances[0].wait_ready, 60)
    for k in range(3):
        await restart(cluster, k)
    over.set()
    await dropping

    await until(lambda: all(talker.done for talker in talkers), "every line is acknowledged", 120)
    total = PEOPLE * MESSAGES
    await until(lambda: all(len(t.received) - before[t.name] >= total for t in talkers), "all heard all", 60)
    sequences = {tuple(talker.received[before[talker.name] :]) for talker in talkers}
    assert len(sequences) == 1, "everybody heard the same, in the same order"
    (order,) = sequences
    assert len({(sender, id) for _, sender, id in order}) == len(order) == total
    assert not any(talker.doubled for talker in talkers)
    moves = sum(len(talker.codes) for talker in talkers)
    assert moves > PEOPLE, "somebody had to move, or nothing was tested"


@pytest.mark.postgres
async def test_a_database_that_hangs_stalls_no_room(cluster: Cluster, talkers: list[Talker]) -> None:
    heard = len(talkers[0].received)

    with psycopg.connect(cluster.postgres.url) as connection:
        tables = "auth_user, django_session, hub_notifications_line, hub_notifications_room"
        connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        for talker in talkers[:5]:
            talker.messages += [f"{talker.name} goes on {n}" for n in range(20)]
        await until(lambda: all(len(t.received) >= heard + 100 for t in talkers), "all went on", LOCK_S)

    await until(lambda: all(talker.done for talker in talkers), "every line is acknowledged", 30)


async def test_messages_are_copied_into_rows_even_of_an_instance_that_was_killed(
    cluster: Cluster, talkers: list[Talker]
) -> None:
    heard = len(talkers[0].received)
    talkers[0].messages += ["to be kept", "and this"]
    await until(lambda: len(talkers[1].received) >= heard + 2, "heard", 60)
    cluster.instances[1].kill()

    def rows() -> int:
        bodies = "('\"to be kept\"', '\"and this\"')"
        return cluster.count(f"SELECT count(*) FROM hub_notifications_line WHERE body IN {bodies}")  # noqa: S608

    try:
        await until(lambda: rows() == 2, "both are rows", 60)
    finally:
        cluster.instances[1].start()
        await asyncio.to_thread(cluster.instances[1].wait_ready, 60)


async def test_a_hundred_rooms_on_one_socket_give_the_journals_of_a_hundred_sockets(
    cluster: Cluster, site: Site
) -> None:
    """Joined, replayed and left at random, and once the socket is lost."""
    chance = random.Random(SEED)
    async with contextlib.AsyncExitStack() as stack:
        entrance = Entrance(site, stack)
        own = await entrance.journals(MANY, [f"talker-{n}" for n in range(20, 24)])
        speakers = [await entrance.desk(f"talker-{n}") for n in range(SPEAKERS)]
        for n, speaker in enumerate(speakers):
            for room in MANY[n::SPEAKERS]:
                await speaker.join(room)
        await until(lambda: all(len(speaker.live) == 10 for speaker in speakers), "all are in", 30)
        reader = await entrance.desk("admin")

        speaking = [asyncio.create_task(speak(speaker, n)) for n, speaker in enumerate(speakers)]
        joined: set[str] = set()
        for deed in range(DEEDS):
            room = chance.choice(MANY)
            await (reader.leave(room) if room in joined else reader.join(room))
            joined ^= {room}
            if deed == DEEDS // 2:
                reader.socket.transport.abort()
                reader.socket = await entrance.of_many("admin")
                entrance.read(reader)
                joined.clear()
        for room in set(MANY) - joined:
            await reader.join(room)
        await asyncio.gather(*speaking)
        await until(lambda: reader.live == set(MANY), "it is live in all rooms", 30)
        total = SPEAKERS * LINES
        await until(lambda: sum(map(len, reader.journals.values())) >= total, "all came", 30)
        for journal in own.values():
            journal.cancel()

        assert reader.faults == []
        assert reader.journals == {room: await journal for room, journal in own.items()}
        assert sum(map(len, reader.journals.values())) == total


async def speak(desk: Desk, n: int) -> None:
    for number in range(LINES // 10):
        for room in MANY[n::SPEAKERS]:
            await desk.say(room, f"{n}-{number}-{time.monotonic_ns()}", f"{number} of {n}")
            await asyncio.sleep(0.04)  # while the reader comes and goes


# Leases know of no transport, and take their time.
@pytest.mark.parametrize("cluster", ["serve"], indirect=True)
async def test_a_killed_instances_people_leave_by_themselves(cluster: Cluster, site: Site) -> None:
    watching, gone = await site.token("talker-0"), await site.token("talker-1")
    frames: list[dict[str, object]] = []

    async def follow() -> None:
        url = cluster.instance_url(1).replace("http", "ws") + "/rooms/board/"
        async with connect(url, additional_headers={"Authorization": f"Bearer {watching}"}) as socket:
            async for message in socket:
                frames.append(json.loads(message))

    watcher = asyncio.create_task(follow())
    url = cluster.instance_url(3).replace("http", "ws") + "/rooms/board/"
    async with connect(url, additional_headers={"Authorization": f"Bearer {gone}"}):
        await until(lambda: any(f["type"] == "joined" for f in frames), "the other came", 30)
        os.kill(cluster.instances[2].pid, signal.SIGKILL)

    await until(lambda: any(f["type"] == "left" for f in frames), "the other left", 60)
    watcher.cancel()
    cluster.instances[2].kill()
    cluster.instances[2].start()
    await asyncio.to_thread(cluster.instances[2].wait_ready, 60)
