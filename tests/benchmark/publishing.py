"""Scenarios of calls of the API, with nobody listening."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import httpx

from tests.benchmark import usage
from tests.benchmark.posts import Posts
from tests.benchmark.servers import SERVERS, Bench, Hub
from tests.cluster.ports import HOST

BATCH = 100
WARM_UP_S = 0.5
EVENT = {"topic": "bench-0", "type": "tick", "data": {"n": "x" * 90}}
NOTIFICATION = {"to": ["topic:bench-0"], "title": "Build 512 is green", "body": "x" * 90}

SLICE = 1000  # people a request
GROUP = "half"
POSTS = 9


def publish(bench: Bench, name: str, seconds: float) -> dict[str, float]:
    figures: dict[str, float] = {}
    with SERVERS[name](bench) as server:
        if isinstance(server, Hub):
            from tests.benchmark import people

            headers = f"Authorization: Bearer {people.api_key()}\r\n"
            kinds = {
                "event": ("/api/v1/events", EVENT, 1),
                "batch": ("/api/v1/events", {"events": [EVENT] * BATCH}, BATCH),
                "notification": ("/api/v1/notifications", NOTIFICATION, 1),
            }
        else:
            headers = ""
            kinds = {"event": ("/publish/", EVENT, 1)}
        for kind, (path, body, number) in kinds.items():
            posts = Posts(server.ports[0], path, json.dumps(body).encode(), headers)
            posts.run(WARM_UP_S)
            posts.answered = 0
            began_s = usage.cpu_s(server.pids)
            took_s = posts.run(seconds)
            spent_s = usage.cpu_s(server.pids) - began_s
            figures[f"{kind}_per_s"] = posts.answered * number / took_s
            figures[f"{kind}_per_cpu_s"] = posts.answered * number / spent_s
    return figures


def put_people(bench: Bench, name: str, people: int) -> dict[str, float]:
    """A directory of people, every second one in a group, then a broadcast to that group."""
    with SERVERS[name](bench) as server:
        from tests.benchmark.people import api_key

        headers = {"Authorization": f"Bearer {api_key()}"}
        with httpx.Client(base_url=f"http://{HOST}:{server.ports[0]}", headers=headers, timeout=60) as client:
            took_s = {name: _put_all(client, people) for name in ("created", "unchanged")}
            posts_ms = [_broadcast(client) for _ in range(POSTS)]
    return {
        "people": people,
        "created_s": took_s["created"],
        "unchanged_s": took_s["unchanged"],
        "accepted_ms": statistics.median(posts_ms),
        "accepted_most_ms": max(posts_ms),
    }


def _put_all(client: httpx.Client, people: int) -> float:
    began = time.monotonic()
    for first in range(0, people, SLICE):
        described = [_person(number) for number in range(first, min(first + SLICE, people))]
        client.put("/api/v1/people", json={"people": described}).raise_for_status()
    return time.monotonic() - began


def _person(number: int) -> dict[str, Any]:
    return {
        "id": f"crm-{number}",
        "name": f"Person {number}",
        "email": f"person-{number}@example.com",
        "language": "de",
        "zone": "Europe/Vienna",
        "groups": [GROUP] if number % 2 else [],
    }


def _broadcast(client: httpx.Client) -> float:
    began = time.monotonic()
    body = {"to": [f"group:{GROUP}"], "title": "To half of all"}
    client.post("/api/v1/notifications", json=body).raise_for_status()
    return (time.monotonic() - began) * 1000
