"""What each client of the hub does, whatever becomes of instances, connections and the log."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from hub_client import AsyncHub, Draft
from tests.cluster import Cluster
from tests.system.conformance.driven import Clients, clean_environment
from tests.system.conftest import Site

MAX_EVENTS = 200  # that the log keeps of a topic

numbers = count(1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {
        "HUB_MAX_CONNECTIONS_PER_USER": "1000",
        "HUB_HEARTBEAT_S": "1",
        "HUB_LOG_MAX_EVENTS": str(MAX_EVENTS),
        "HUB_MAILBOX_BYTES": str(64 * 1024),
    }
    with Cluster(tmp_path_factory.mktemp("cluster"), 3, extra_env=env) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clean_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
async def clients(programs: Path) -> AsyncIterator[Clients]:
    clients = Clients(programs)
    yield clients
    await clients.stop()


@pytest.fixture
async def hub(cluster: Cluster) -> AsyncIterator[AsyncHub]:
    """Publishes whatever happens, each event once."""
    async with AsyncHub(cluster.http_url, "demo-key", deadline_s=60) as hub:
        yield hub


@pytest.fixture
def topic() -> str:
    return f"run-{next(numbers)}"


async def opened(
    clients: Clients, site: Site, *topics: str, also: str = "", instance: int | None = None
) -> None:
    """They have live feeds, of an instance if given, with a token that also names another topic."""
    url = site.cluster.http_url if instance is None else site.cluster.instance_url(instance)
    await clients.start(url, await site.token("alice", [*topics, *filter(None, [also])]), topics)
    await clients.until(lambda client: "live" in client.states, "a live feed")


async def test_what_follows_a_position_comes_in_order(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    first = await hub.publish(topic, "progress", "before")
    await hub.publish_many(Draft(topic, "progress", number) for number in range(10))

    await clients.start(site.cluster.http_url, await site.token("alice", [topic]), [topic], first)
    await clients.until(lambda client: "live" in client.states, "a live feed")
    await hub.publish_many(Draft(topic, "progress", number) for number in range(10, 20))

    await clients.until(lambda client: len(client.data) >= 20, "the events")
    assert clients.each(lambda client: client.data) == clients.all([*range(20)])
    assert clients.each(lambda client: {event["topic"] for event in client.events}) == clients.all({topic})


async def test_nothing_is_lost_or_doubled_while_instances_are_killed_and_leave(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    await opened(clients, site, topic)
    done = asyncio.Event()

    async def publish() -> int:
        number = 0
        while not done.is_set() or number < 50:
            await hub.publish(topic, "progress", number)
            number += 1
            await asyncio.sleep(0.05)
        return number

    publishing = asyncio.create_task(publish())
    for instance, how in zip(
        site.cluster.instances, (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL), strict=True
    ):
        instance.signal(how)
        await asyncio.to_thread(instance.join, 15)
        instance.start()
        await asyncio.to_thread(instance.wait_ready, 60)
    done.set()
    number = await publishing

    await clients.until(lambda client: number - 1 in client.data, "the last event")
    assert clients.each(lambda client: client.data) == clients.all([*range(number)])
    assert clients.each(lambda client: "reconnecting" in client.states) == clients.all(True)
    assert clients.each(lambda client: client.resets) == clients.all([])


async def test_topics_are_changed_and_a_kill_right_after_loses_nothing(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    other = f"{topic}-other"
    await opened(clients, site, topic, also=other, instance=None)

    await clients.command(add=[other], remove=[topic])
    await clients.until(lambda client: client.topics == [other], "the change")
    await hub.publish(other, "progress", "added")
    for instance in site.cluster.instances:
        instance.signal(signal.SIGKILL)
        await asyncio.to_thread(instance.join, 15)
    for instance in site.cluster.instances:
        instance.start()
    for instance in site.cluster.instances:
        await asyncio.to_thread(instance.wait_ready, 60)
    await hub.publish(topic, "progress", "removed")
    await hub.publish(other, "progress", "after")

    await clients.until(lambda client: "after" in client.data, "the event after the kill")
    assert clients.each(lambda client: client.data) == clients.all(["added", "after"])


async def test_what_is_gone_from_the_log_is_a_reset(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    first = await hub.publish(topic, "progress", "first")
    await hub.publish_many(Draft(topic, "progress", number) for number in range(4 * MAX_EVENTS))

    await clients.start(site.cluster.http_url, await site.token("alice", [topic]), [topic], first)

    await clients.until(lambda client: "live" in client.states, "a live feed")
    lost = {"topics": [topic], "reason": "trimmed"}
    assert clients.each(lambda client: client.resets) == clients.all([lost])
    assert clients.each(
        lambda client: client.data == [*range(client.data[0], 4 * MAX_EVENTS)]
    ) == clients.all(True)


async def test_a_reader_that_was_too_slow_resumes(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    await opened(clients, site, topic)
    await clients.command(pause=6)
    await hub.publish(topic, "progress", "pause")

    for first in (0, 75):
        texts = (f"{number} " + "x" * 60_000 for number in range(first, first + 75))
        await hub.publish_many(Draft(topic, "progress", text) for text in texts)

    await clients.until(lambda client: len(client.data) >= 151, "the events")
    found = clients.each(lambda client: [int(text.split()[0]) for text in client.data[1:]])
    assert found == clients.all([*range(150)])
    assert clients.each(lambda client: "reconnecting" in client.states) == clients.all(True)


async def test_an_outage_of_the_log_is_shown_and_survived(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    await opened(clients, site, topic)

    site.cluster.redis.signal(signal.SIGSTOP)
    try:
        await clients.until(lambda client: client.states[-1] == "degraded", "the outage")
    finally:
        site.cluster.redis.signal(signal.SIGCONT)
    await hub.publish(topic, "progress", "after")

    await clients.until(lambda client: client.data == ["after"], "the event")
    await clients.until(lambda client: client.states[-1] == "live", "its end")


async def test_a_connection_that_is_silent_is_given_up(
    clients: Clients, site: Site, hub: AsyncHub, topic: str
) -> None:
    await opened(clients, site, topic, instance=1)

    instance = site.cluster.instances[0]
    instance.signal(signal.SIGSTOP)
    try:
        await clients.until(lambda client: client.states[-1] == "reconnecting", "the end of the connection")
    finally:
        instance.signal(signal.SIGCONT)
    await hub.publish(topic, "progress", "after")

    await clients.until(lambda client: client.data == ["after"], "the event")


async def test_a_revoked_token_ends_it_for_good(clients: Clients, site: Site, topic: str) -> None:
    body = {"user": "alice", "topics": [topic], "ttl": 3600}
    token = (await site.api.post("/api/v1/tokens", json=body)).json()
    await clients.start(site.cluster.http_url, token["token"], [topic])
    await clients.until(lambda client: "live" in client.states, "a live feed")

    answer = await site.api.delete(f"/api/v1/tokens/{token['id']}")
    assert answer.is_success, answer.text

    await clients.until(lambda client: client.errors, "the end")
    assert clients.each(lambda client: client.errors) == clients.all(["revoked"])


async def test_a_topic_that_is_not_theirs_ends_it_at_once(clients: Clients, site: Site, topic: str) -> None:
    await clients.start(site.cluster.http_url, await site.token("alice", [topic]), ["not-theirs"])

    await clients.until(lambda client: client.errors, "the refusal")
    assert clients.each(lambda client: client.errors) == clients.all(["forbidden"])
