"""Scenarios of the dashboard: what looking costs the hub, and how its pages do among very many people."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import httpx

from tests.benchmark import unread, usage
from tests.benchmark.feeds import SETTLE_S, TOPIC, readers_of
from tests.benchmark.servers import SERVERS, Bench

TIMES = 9  # a page is asked for; the median counts
BROADCASTS = 30  # that everybody was given
POSTS = 5


def watched(bench: Bench, name: str, readers: int, seconds: float) -> dict[str, float]:
    """Of a core, what the hub uses with so many idle feeds, and while staff look at all of it."""
    from hub import topics
    from hub.ops.connection_list import encode

    looked_at = [topics.staff(one) for one in ("instances", "rooms", f"connections-{encode()}")]
    with SERVERS[name](bench) as server, readers_of(server, [TOPIC], readers) as load:
        load.open(readers)
        time.sleep(SETTLE_S)
        before = _share(server.pids, seconds)
        with _staff(server.ports[0]) as client, _listening(client, looked_at) as told:
            _until(lambda: len(told) > 6)
            during = _share(server.pids, seconds)
        return {"readers": readers, "idle_percent": before, "watched_percent": during, "told": len(told)}


def crowd(bench: Bench, name: str, people: int) -> dict[str, float]:
    """A broadcast to so many, and every page of the dashboard; then as many unread notifications of one
    person. Queries are PostgreSQL's own count."""
    from tests.benchmark import people as made

    made.users(people)
    with SERVERS[name](bench) as server, _staff(server.ports[0]) as client:
        figures = _broadcast(bench, client)
        sending, reader = _broadcasts_to_all(people)
        pages = {
            "overview": "/dashboard/",
            "compose": "/dashboard/send/",
            "sent": "/dashboard/sent/",
            "sending": f"/dashboard/sent/{sending}/",
            "scheduled": "/dashboard/scheduled/",
            "templates": "/dashboard/templates/",
            "segments": "/dashboard/segments/",
            "why": f"/dashboard/why/?person={reader}",
            "connections": "/dashboard/connections/",
            "rooms": "/dashboard/rooms/",
            "people": "/dashboard/people/?q=reader-1",
            "keys": "/dashboard/keys/",
            "audit": "/dashboard/audit/",
        }
        for page, path in pages.items():
            client.get(path).raise_for_status()
            asked = bench.parts.queries()
            figures[f"{page}_ms"] = _median_ms(partial(_get, client, path))
            figures[f"{page}_queries"] = (bench.parts.queries() - asked) / TIMES
        return {"people": people, **figures, **unread.figures(bench, server, people)}


def _get(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


def _broadcast(bench: Bench, client: httpx.Client) -> dict[str, float]:
    """With one reader's feed open, to see the first delivery."""
    from tests.benchmark import people

    key = {"Authorization": f"Bearer {people.api_key()}"}
    body = {"to": ["everyone"], "title": "To everybody"}
    with _listening(client, [], own=True) as told:
        accepted, delivered, sent = [], [], []
        client.post("/api/v1/notifications", json=body, headers=key).raise_for_status()
        _until(lambda: "notification" in told)
        asked = bench.parts.queries()
        for _ in range(POSTS):
            told.clear()
            began = time.perf_counter()
            answer = client.post("/api/v1/notifications", json=body, headers=key).raise_for_status()
            sent.append(answer.json()["notifications"][0]["id"])
            accepted.append((time.perf_counter() - began) * 1000)
            _until(lambda: "notification" in told)
            delivered.append((time.perf_counter() - began) * 1000)
        asked = bench.parts.queries() - asked
        recalled = []
        for id in sent:
            told.clear()
            began = time.perf_counter()
            client.delete(f"/api/v1/notifications/{id}", headers=key).raise_for_status()
            _until(lambda: "recalled" in told)
            recalled.append((time.perf_counter() - began) * 1000)
    audience = {"to": ["everyone"]}
    client.post("/api/v1/audience", json=audience, headers=key).raise_for_status()
    return {
        "accepted_ms": statistics.median(accepted),
        "delivered_ms": statistics.median(delivered),
        "recalled_ms": statistics.median(recalled),
        "post_queries": asked / POSTS,
        "audience_ms": _median_ms(
            lambda: client.post("/api/v1/audience", json=audience, headers=key).raise_for_status()
        ),
    }


def _broadcasts_to_all(people: int) -> tuple[str, str]:
    """Some that everybody was given, as an instance would have noted it; the last sending, and a reader."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from notifications.models import Delivery, Reading
    from notifications.sending.notify import notify
    from notifications.tracking.id_bitmap import IdBitmap

    ids = list(User.objects.values_list("pk", flat=True))
    crowd = IdBitmap()
    crowd.add(ids)
    packed = crowd.pack()
    rows = [notify(["everyone"], "To everybody")[0] for _ in range(BROADCASTS)]
    for row in rows:
        Delivery.objects.create(
            notification=row,
            instance="hub-1",
            at=timezone.now() + timedelta(milliseconds=400),
            late=False,
            people=packed,
            size=len(ids),
        )
    now = timezone.now()
    read = [Reading(notification=rows[-1], user_id=id, seen_at=now, read_at=now) for id in ids[: people // 5]]
    Reading.objects.bulk_create(read, batch_size=1000)
    return str(rows[-1].sending_id), "reader-1"


@contextmanager
def _staff(port: int) -> Iterator[httpx.Client]:
    """Somebody signed in who may do everything."""
    from tests.benchmark import people

    cookies = {"sessionid": people.boss()}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60) as client:
        yield client


@contextmanager
def _listening(client: httpx.Client, looked_at: list[str], own: bool = False) -> Iterator[list[str]]:
    """The types of what a feed of the client's is told from now on."""
    told: list[str] = []
    params = [("own", "1" if own else "0"), *(("topic", topic) for topic in looked_at)]
    with client.stream("GET", "/feed/", params=tuple(params)) as response:
        response.raise_for_status()

        def listen() -> None:
            try:
                for line in response.iter_lines():
                    if line.startswith("event: "):
                        told.append(line.removeprefix("event: "))
            except (httpx.HTTPError, OSError, RuntimeError):
                pass  # closed by us

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield told


def _share(pids: list[int], seconds: float) -> float:
    """Percent of a core."""
    began_s = usage.cpu_s(pids)
    time.sleep(seconds)
    return (usage.cpu_s(pids) - began_s) * 100 / seconds


def _median_ms(act: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("nothing was told within 30 s")
        time.sleep(0.0005)
