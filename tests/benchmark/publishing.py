"""Scenarios of publishing through HTTP, with nobody listening."""

from __future__ import annotations

import json

from tests.benchmark import usage
from tests.benchmark.posts import Posts
from tests.benchmark.servers import SERVERS, Bench, Hub

BATCH = 100
WARM_UP_S = 0.5
EVENT = {"topic": "bench-0", "type": "tick", "data": {"n": "x" * 90}}
NOTIFICATION = {"to": ["topic:bench-0"], "title": "Build 512 is green", "body": "x" * 90}


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
