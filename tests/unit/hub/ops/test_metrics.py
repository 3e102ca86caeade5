"""What /metrics exports, and to whom."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from hub.errors import Problem
from hub.ops.metrics import Metrics
from hub.server import body_limits
from hub.server.body_limits import BufferedBodies
from hub.support.request import Request

LOOPBACK = {"headers": [], "client": ["127.0.0.1", 0]}
ELSEWHERE = {"headers": [], "client": ["192.0.2.1", 0]}


async def scrape(metrics: Metrics, scope: dict[str, Any]) -> tuple[int, str]:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await metrics(Request(scope), send)
    return sent[0]["status"], sent[1]["body"].decode()


async def test_what_is_counted_elsewhere_is_read_when_it_is_scraped() -> None:
    metrics, times = Metrics(), {"slow": 1}
    metrics.gauge("hub_feeds", "Open feeds.", lambda: times["slow"] * 10)
    metrics.counter("hub_holes", "Gaps.", lambda: times["slow"])
    metrics.counters("hub_closes", "Feeds closed.", "reason", lambda: times)
    times["slow"] = 3

    _, text = await scrape(metrics, LOOPBACK)

    assert "hub_feeds 30.0\n" in text
    assert "hub_holes_total 3.0\n" in text
    assert 'hub_closes_total{reason="slow"} 3.0\n' in text
    assert "_created" not in text


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        (LOOPBACK, 200),
        (ELSEWHERE, 403),
        ({**ELSEWHERE, "headers": [(b"authorization", b"Bearer secret")]}, 200),
        ({**ELSEWHERE, "headers": [(b"authorization", b"Bearer other")]}, 403),
        ({"headers": [], "client": None}, 403),
    ],
)
async def test_loopback_and_the_key_may_read_and_no_one_else(scope: dict[str, Any], status: int) -> None:
    assert (await scrape(Metrics(key="secret"), scope))[0] == status


async def test_a_backlog_that_cannot_be_counted_is_left_out() -> None:
    async def backlog() -> int:
        raise OSError("the database is away")

    status, text = await scrape(Metrics(backlog=backlog), LOOPBACK)

    assert status == 200
    assert "hub_unpublished" not in text


async def test_a_backlog_is_exported() -> None:
    async def backlog() -> int:
        return 7

    _, text = await scrape(Metrics(backlog=backlog), LOOPBACK)

    assert "hub_unpublished 7.0\n" in text


def test_a_body_that_is_refused_is_counted() -> None:
    metrics, limited = Metrics(), BufferedBodies()
    metrics.registry.register(body_limits.REFUSED)
    before = metrics.registry.get_sample_value("hub_refused_bodies_total")
    assert before is not None

    for _ in range(body_limits.MAX_BUFFERED_PER_ADDRESS // body_limits.MAX_LARGE_BYTES):
        limited.add("::1", body_limits.MAX_LARGE_BYTES)
    with pytest.raises(Problem):
        limited.add("::1", 1)

    assert metrics.registry.get_sample_value("hub_refused_bodies_total") == before + 1
