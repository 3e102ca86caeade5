"""Proxies other than nginx, with the configurations of docs/deployment.md, and what breaks behind them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import httpx
import pytest

from hub.ops import echo
from tests.cluster import Cluster
from tests.cluster.ports import HOST
from tests.cluster.proxies import Caddy, HAProxy, Proxy, Squid, Varnish
from tests.system.conftest import KEY, Site
from tests.system.proxies import KINDS, documented, proxy_of
from tests.system.proxy.conftest import FEEDS, open_over_http2
from tests.system.reader import Reader, until
from tests.system.talker import Resident

TOPIC = "job-60"
NUMBERS = 60
ONE_BY_ONE = range(1, 11)  # each of which is awaited before the next is published
KILLS = {15: 0, 30: 1}  # after which number which instance is killed
RELOAD = 45
MESSAGE_EVERY = 10  # numbers
PEOPLE = ("alice", "bob", "carol", "admin")
CLIENT = "127.0.0.2"  # not the address that the proxies have
DRAIN = """
from hub.log.current import shared_log
from hub.ops.remote_commands import drain
shared_log().append([drain(f"hub-{{k}}", {draining}) for k in {instances}])
"""
DEADLINE_S = 20
CLOSED = 0  # without an answer, which an EventSource takes for a network fault


@pytest.fixture(scope="module")
def proxies(cluster: Cluster) -> Iterator[dict[str, Proxy]]:
    with ExitStack() as stack:
        yield {kind: stack.enter_context(proxy_of(cluster, kind, documented(kind))) for kind in KINDS}


@pytest.fixture(params=KINDS)
def proxy(proxies: dict[str, Proxy], request: pytest.FixtureRequest) -> Proxy:
    return proxies[request.param]


@pytest.fixture(scope="module")
def token(cluster: Cluster) -> str:
    body = {"user": "alice", "topics": [TOPIC], "ttl": 3600}
    created = httpx.post(f"{cluster.http_url}/api/v1/tokens", json=body, headers=KEY, timeout=20)
    return str(created.json()["token"])


@pytest.fixture(scope="module")
def client(token: str) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(local_address=CLIENT)
    with httpx.Client(
        transport=transport, timeout=20, headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client


@pytest.fixture(scope="module")
def signed(cluster: Cluster) -> dict[str, str]:
    """What opens the echo of the cluster."""
    token = cluster.manage("shell", "-v0", "-c", "from hub.ops import echo; print(echo.token())")
    return {"Authorization": f"Bearer {token.strip()}"}


async def test_feeds_and_rooms_outlast_the_kill_of_each_instance_and_a_reload(
    cluster: Cluster, site: Site, proxies: dict[str, Proxy], token: str
) -> None:
    room = await site.api.post("/api/v1/rooms", json={"name": "proxies", "members": "everyone"})
    assert room.status_code == 201, room.text
    readers = {kind: Reader([proxy.url], token, [TOPIC]) for kind, proxy in proxies.items()}
    talkers = {
        kind: Resident(f"{proxy.url.replace('http', 'ws')}/rooms/proxies/", await site.token(name), kind, "")
        for (kind, proxy), name in zip(proxies.items(), PEOPLE, strict=True)
    }
    site.listening += [asyncio.create_task(reader.listen()) for reader in readers.values()]
    site.listening += [asyncio.create_task(talker.run()) for talker in talkers.values()]
    await until(lambda: all(reader.live for reader in readers.values()), "a live feed through each proxy")
    await until(lambda: all(talker.position for talker in talkers.values()), "a room through each proxy")

    lives = 0
    for number in range(1, NUMBERS + 1):
        await publish(cluster.instances[lives].url, number)
        if number in ONE_BY_ONE:
            for kind, reader in readers.items():
                await until(lambda r=reader, n=number: n in numbers(r), f"{number} through {kind}")
        if number % MESSAGE_EVERY == 0:
            for talker in talkers.values():
                talker.messages.append(str(number))
        if number in KILLS:
            lives = 1 - KILLS[number]
            await kill(cluster, KILLS[number])
        elif number == RELOAD:
            for proxy in proxies.values():
                await asyncio.to_thread(proxy.reload)

    for kind, reader in readers.items():
        await until(lambda r=reader: NUMBERS in numbers(r), f"the last number through {kind}")
    assert {kind: numbers(reader) for kind, reader in readers.items()} == dict.fromkeys(
        proxies, list(range(1, NUMBERS + 1))
    )
    assert not any(reader.resets for reader in readers.values())
    messages = len(talkers) * (NUMBERS // MESSAGE_EVERY)
    for kind, talker in talkers.items():
        await until(lambda t=talker: len(t.received) == messages, f"all messages through {kind}")
        assert talker.received == sorted(talker.received)
        assert not talker.doubled + talker.refused


async def test_a_page_has_two_hundred_feeds_over_one_connection(
    site: Site, proxies: dict[str, Proxy]
) -> None:
    """Through the one of them that takes HTTP/2 without TLS, too."""
    assert await open_over_http2(site, proxies[HAProxy.language].url) == {"open": FEEDS, "status": 200}


def test_an_instance_sees_who_the_client_is_and_nothing_that_it_forged(
    signed: dict[str, str], client: httpx.Client, proxy: Proxy
) -> None:
    forged = {
        **signed,
        "X-Forwarded-For": "203.0.113.7, [2001:db8::1]:99",
        "X-Forwarded-Proto": "http, https",
        "Daphne-Root-Path": "/forged",
    }

    echoed = client.get(f"{proxy.url}{echo.PATH}", headers=forged).json()

    seen = [echoed[name] for name in ("address", "scheme", "root_path")]
    assert seen == [CLIENT, "http", ""]
    assert echoed["headers"]["x-forwarded-for"] == CLIENT
    assert echoed["headers"]["host"] == f"{HOST}:{proxy.port}"


@pytest.mark.parametrize(
    "path", ["/", "/feed/", "/api/v1/notifications", "/api/nowhere", "/static/notifications/shared/hub.css"]
)
def test_head_is_answered_like_get_without_a_body(client: httpx.Client, proxy: Proxy, path: str) -> None:
    with client.stream("GET", proxy.url + path) as got:
        head = client.head(proxy.url + path)

    same = ("content-type", "content-length", "cache-control", "location")
    assert head.status_code == got.status_code
    assert head.content == b""
    assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/readyz?x", "//metrics", "/%6detrics"])
def test_what_is_the_operators_is_not_there(client: httpx.Client, proxy: Proxy, path: str) -> None:
    # As raw bytes: httpx would tidy the path.
    url = httpx.URL(proxy.url).copy_with(raw_path=path.encode())

    assert client.get(url).status_code == 404


def test_while_an_instance_is_drained_feeds_open_at_the_other(
    cluster: Cluster, client: httpx.Client, proxies: dict[str, Proxy]
) -> None:
    with drained(cluster, 1):
        found = {kind: {open_feed(client, proxy) for _ in range(8)} for kind, proxy in proxies.items()}

    assert found[HAProxy.language] == {200}
    # Until a probe has failed; by one feed in two seconds; by every second feed.
    refused = {Varnish.language: 503, Caddy.language: CLOSED, Squid.language: 503}
    for kind, status in refused.items():
        assert 200 in found[kind]
        assert found[kind] <= {200, status}


def test_where_no_instance_accepts_feeds_they_are_closed_or_told_to_come_back(
    cluster: Cluster, client: httpx.Client, proxies: dict[str, Proxy]
) -> None:
    with drained(cluster, 1, 2):
        feeds = {kind: open_feed(client, proxy) for kind, proxy in proxies.items()}
        refusals = [client.get(f"{proxies[kind].url}/feed/") for kind in ("vcl", "squid")]
        calls = {client.get(f"{proxy.url}/api/v1/notifications").status_code for proxy in proxies.values()}

    assert calls == {200}
    assert feeds == {"haproxy": CLOSED, "vcl": 503, "caddyfile": CLOSED, "squid": 503}
    assert [refusal.json()["status"] for refusal in refusals] == [503, 503]
    assert all(int(refusal.headers["Retry-After"]) > 0 for refusal in refusals)


def test_where_no_instance_answers_programs_are_told_so_and_feeds_come_back(
    cluster: Cluster, client: httpx.Client, proxies: dict[str, Proxy]
) -> None:
    for instance in cluster.instances:
        instance.kill()
    try:
        calls = {kind: client.get(f"{proxy.url}/api/v1/notifications") for kind, proxy in proxies.items()}
        feeds = {kind: open_feed(client, proxy) for kind, proxy in proxies.items()}
    finally:
        for instance in cluster.instances:
            instance.start()
        for instance in cluster.instances:
            instance.wait_ready(60)

    squid = calls.pop("squid")
    assert squid.status_code in (502, 503)
    assert {call.status_code for call in calls.values()} == {503}
    assert all(int(call.headers["Retry-After"]) > 0 for call in calls.values())
    assert feeds.pop("squid") in (502, 503)
    assert set(feeds.values()) == {CLOSED}
    for proxy in proxies.values():
        wait(partial(feed_opens, client, proxy), "feeds again")


def numbers(reader: Reader) -> list[int]:
    return [data["data"] for _, type, data in reader.received if type == "number"]


async def publish(url: str, number: int) -> None:
    event = {"topic": TOPIC, "type": "number", "data": number}
    async with httpx.AsyncClient(base_url=url, headers=KEY, timeout=20) as api:
        (await api.post("/api/v1/events", json=event)).raise_for_status()


async def kill(cluster: Cluster, k: int) -> None:
    instance = cluster.instances[k]
    instance.kill()
    instance.start()
    await asyncio.to_thread(instance.wait_ready, 60)


@contextlib.contextmanager
def drained(cluster: Cluster, *instances: int) -> Iterator[None]:
    """As staff drain them, by a command over the log."""

    def command(draining: bool) -> None:
        cluster.manage("shell", "-v0", "-c", DRAIN.format(draining=draining, instances=instances))
        for k in instances:
            wait(partial(is_draining, cluster, k, draining), f"hub-{k} draining: {draining}")

    command(True)
    try:
        yield
    finally:
        command(False)


def is_draining(cluster: Cluster, k: int, draining: bool) -> bool:
    return httpx.get(f"{cluster.instance_url(k)}/readyz").status_code == (503 if draining else 200)


def feed_opens(client: httpx.Client, proxy: Proxy) -> bool:
    return open_feed(client, proxy) == 200


def open_feed(client: httpx.Client, proxy: Proxy) -> int:
    """The status; a feed is read until its first event."""
    try:
        with client.stream("GET", f"{proxy.url}/feed/") as response:
            if response.status_code == 200:
                assert "stream-open" in next(response.iter_text())
            return response.status_code
    except (httpx.RemoteProtocolError, httpx.ReadError):
        return CLOSED


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.05)
