"""Runs of agents, each with one reader: what a token costs beside a plain live event, and beside Redis
pub/sub with a view of Django's."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from uuid import UUID

import redis

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, Figures, readers_of
from tests.benchmark.servers import Bench, Hub, Server, Shown
from tests.benchmark.servers.base import EVENT_BYTES
from tests.benchmark.servers.hub import SLICE
from tests.benchmark.servers.plain import Plain
from tests.cluster.ports import HOST

TOKENS_PER_S = 50  # of each run, unless the machine is too slow


class Runs(Hub):
    """An instance with a run for each reader."""

    event_mark = "event: token\n"

    def begin(self, runs: int) -> list[str]:
        """The topics of new runs."""
        from notifications.runs import lifecycle
        from tests.benchmark import people

        return [lifecycle.begin(user, lease_s=3600).topic for user in people.users(runs)]

    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        from tests.benchmark import people

        return [
            f"GET /api/v1/runs/{UUID(topic[-32:])}/stream HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Accept: text/event-stream\r\nAuthorization: Bearer {people.token(user, topic)}\r"
            for topic, user in zip(topics, people.users(readers), strict=True)
        ]

    def publish(self, topics: Sequence[str]) -> None:
        from hub.events import draft
        from hub.log.current import shared_log

        drafts = [draft(topic, "token", {"text": "x" * 100}) for topic in topics]
        for begin in range(0, len(drafts), SLICE):
            shared_log().append(drafts[begin : begin + SLICE])


class PubSub(Plain):
    """A streaming response of Django's for each reader, which listens to a channel of Redis."""

    event_mark = "event: token\n"

    def heads(self, topics: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        return [
            f"GET /runs/{topics[k % len(topics)]}/ HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r"
            for k in range(readers)
        ]

    def publish(self, topics: Sequence[str]) -> None:
        data = "x" * (EVENT_BYTES - len("event: token\ndata: \n\n"))
        with redis.Redis(port=int(self.bench.parts.env["PLAIN_REDIS_PORT"]), db=1) as client:
            pipeline = client.pipeline(transaction=False)
            for topic in topics:
                pipeline.publish(topic, data)
            pipeline.execute()


def runs(bench: Bench, name: str, readers: int, seconds: float) -> Figures:
    """One token of every run at a time."""
    topics = [f"bench-{k}" for k in range(readers)]
    if name == "plain":
        return {"readers": readers, **_figures(PubSub(bench), topics, seconds)}
    live = _figures(Hub(bench), topics, seconds)
    server = Runs(bench)
    tokens = _figures(server, server.begin(readers), seconds)
    return {
        "readers": readers,
        **tokens,
        **{f"live_{figure}": value for figure, value in live.items()},
        "of_live": tokens["cpu_us_per_token"] / live["cpu_us_per_token"],
    }


def _figures(server: Server, topics: Sequence[str], seconds: float) -> Figures:
    last_ms = []
    with server, readers_of(server, topics, len(topics)) as load:
        load.open(len(topics))
        time.sleep(SETTLE_S)
        server.publish(topics)
        load.wait(len(topics))
        began, began_s = time.monotonic(), usage.cpu_s(server.pids)
        while (took := time.monotonic() - began) < seconds:
            began_ns = time.monotonic_ns()
            server.publish(topics)
            last_ms.append((load.wait(len(topics)).last_ns - began_ns) / 1e6)
            time.sleep(max(0.0, began + len(last_ms) / TOKENS_PER_S - time.monotonic()))
        cpu_s = usage.cpu_s(server.pids) - began_s
    return {
        "cpu_us_per_token": cpu_s * 1e6 / len(last_ms) / len(topics),
        "p99_ms": statistics.quantiles(last_ms, n=100)[98],
        "tokens_per_s": len(last_ms) * len(topics) / took,
    }
