"""A directory of people put by API, and a broadcast to a large group of them."""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx

from tests.benchmark.servers import SERVERS, Bench
from tests.cluster.ports import HOST

SLICE = 1000  # people a request
GROUP = "half"
POSTS = 9


def put(bench: Bench, name: str, people: int) -> dict[str, float]:
    """Every second one is in one group."""
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
