"""A client that promised to acknowledge what it receives, and does not, is no longer there."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from hub.feeds import acknowledgements
from hub.feeds.acknowledgements import MAX_SILENCE_S, Acknowledgements
from hub.feeds.feed_ids import GRACE_S, FeedIds
from hub.support.faults import malformed
from tests.unit.hub.feeds.conftest import Client, Desk

ACKS = ("acks", "1")


def later(seconds: float) -> float:
    return time.monotonic() + seconds


async def acknowledge(desk: Desk, client: Client, **more: Any) -> Client:
    return await posted(desk, {"ack": client.events[0].data["ack"], **more})


async def posted(desk: Desk, body: Any, method: str = "POST", **headers: str) -> Client:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Client(desk.ack_endpoint, [], headers, method, text)
    await request.until_ended()
    return request


async def test_a_feed_is_told_how_to_acknowledge_if_it_promises_to(desk: Desk) -> None:
    promised = await desk.opened(ACKS)
    other = await desk.opened()

    assert isinstance(promised.events[0].data["ack"], str)
    assert "ack" not in other.events[0].data


async def test_what_arrived_is_reported_of_the_person_of_the_feed(desk: Desk) -> None:
    client = await desk.opened(ACKS, headers={"authorization": "Bearer ann"})

    answer = await acknowledge(desk, client, ids=["n1", "n2", "n1"])

    assert (answer.status, answer.body) == (204, b"")
    assert desk.acknowledged_ids == [("ann", ["n1", "n2"])]


async def test_what_arrived_is_reported_after_the_feed_is_over_too(desk: Desk) -> None:
    client = await desk.opened(ACKS, headers={"authorization": "Bearer ann"})
    client.leave()
    await client.until_ended()

    answer = await acknowledge(desk, client, ids=["n1"])

    assert answer.status == 204
    assert desk.acknowledged_ids == [("ann", ["n1"])]


async def test_a_feed_that_acknowledges_nothing_is_closed_and_may_return(desk: Desk) -> None:
    ghost = await desk.opened(ACKS)
    other = await desk.opened()

    desk.acknowledgements.close_silent(later(MAX_SILENCE_S - 1))
    assert not ghost.ended
    desk.acknowledgements.close_silent(later(MAX_SILENCE_S + 1))
    await ghost.until_ended()

    assert ghost.types[-1] == "retire"
    assert desk.feeds.closes["unacknowledged"] == 1
    assert len(desk.feeds.connections) == 1
    assert not other.ended


async def test_one_that_says_that_it_is_there_stays_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await desk.opened(ACKS)
    silent = await desk.opened(ACKS)

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    answer = await acknowledge(desk, client)
    monkeypatch.undo()
    desk.acknowledgements.close_silent(now + MAX_SILENCE_S + 1)
    await silent.until_ended()

    assert answer.status == 204
    assert desk.acknowledged_ids == []
    assert not client.ended


async def test_slow_heartbeats_leave_more_time() -> None:
    async with Desk(limits={"heartbeat_s": 60}) as desk:
        client = await desk.opened(ACKS)

        desk.acknowledgements.close_silent(later(4 * 60 - 1))
        assert not client.ended
        desk.acknowledgements.close_silent(later(4 * 60 + 1))
        await client.until_ended()


async def test_while_the_log_is_away_no_feed_is_closed_and_afterwards_each_has_its_time(desk: Desk) -> None:
    client = await desk.opened(ACKS)
    desk.fanout.disconnected()

    desk.acknowledgements.close_silent(later(MAX_SILENCE_S + 1))
    desk.fanout.restored()
    await desk.fanout.until_live()
    desk.acknowledgements.close_silent(later(2 * MAX_SILENCE_S))
    assert not client.ended
    desk.acknowledgements.close_silent(later(2 * MAX_SILENCE_S + 2))
    await client.until_ended()


async def test_another_instance_passes_an_acknowledgement_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgements, "GATHER_S", 0)
    options = desk.feeds.options
    other = Acknowledgements(desk.log, desk.fanout, options, FeedIds(options.max_age_s))
    running = asyncio.create_task(other.run())
    client = await desk.opened(ACKS)
    silent = await desk.opened(ACKS)

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    received = desk.fanout.received_events
    assert other.acknowledge(client.events[0].data["ack"]) == "1"
    await client.until(lambda: desk.fanout.received_events > received)
    monkeypatch.undo()
    desk.acknowledgements.close_silent(now + MAX_SILENCE_S + 1)
    await silent.until_ended()
    running.cancel()

    assert not client.ended


async def test_what_no_instance_would_pass_on_is_skipped(desk: Desk) -> None:
    client = await desk.opened(ACKS)
    before = malformed.counts["tap"]

    desk.publish("hub.control", ["?"], "acks")
    desk.publish("everyone", {"id": "n1"}, "notification")
    await client.until_event("notification")

    assert malformed.counts["tap"] == before + 1


@pytest.mark.parametrize("ack", ["", "x", "a.b.c", "é", "\N{GRINNING FACE}", "x" * 5000])
async def test_a_text_that_is_no_ack_is_refused(desk: Desk, ack: str) -> None:
    answer = await posted(desk, {"ack": ack, "ids": ["n1"]})

    assert answer.status == 403
    assert "stream-open" in answer.problem["detail"]
    assert desk.acknowledged_ids == []


async def test_an_ack_of_a_feed_of_long_ago_is_refused() -> None:
    async with Desk() as before, Desk(limits={"max_age_s": -GRACE_S}) as desk:
        client = await before.opened(ACKS)
        answer = await acknowledge(desk, client)

        assert answer.status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"ack": "\\ud800"}',
        [],
        {},
        {"ack": 1},
        {"ack": None, "ids": []},
        {"ack": "x", "ids": None},
        {"ack": "x", "ids": "n1"},
        {"ack": "x", "ids": [1]},
        {"ack": "x", "ids": ["x" * 65]},
        {"ack": "x", "ids": ["x"] * 201},
        {"ack": "x", "more": 1},
        {"ack": "x", "ids": [], "more": 1},
    ],
)
async def test_a_body_that_means_nothing_is_refused_by_name(desk: Desk, body: Any) -> None:
    answer = await posted(desk, body)

    assert answer.status == 400
    assert answer.problem["detail"]


async def test_a_large_body_is_refused(desk: Desk) -> None:
    assert (await posted(desk, b" " * 40_000)).status == 413


async def test_only_post_acknowledges(desk: Desk) -> None:
    answer = await posted(desk, b"", method="GET")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_a_page_of_an_allowed_origin_may_acknowledge_and_others_may_not(desk: Desk) -> None:
    client = await desk.opened(ACKS)
    body = {"ack": client.events[0].data["ack"]}

    allowed = await posted(desk, body, origin="https://app.example.com")
    foreign = await posted(desk, body, origin="https://evil.example.com")

    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    assert foreign.status == 403


@pytest.mark.parametrize("value", ["2", "true"])
async def test_a_promise_is_made_with_1(desk: Desk, value: str) -> None:
    assert (await desk.refused(("acks", value))).status == 400


async def test_a_promise_is_made_in_a_body_too(desk: Desk) -> None:
    client = desk.open(method="POST", body=b'{"acks": true}')
    await client.until_event("stream-live")

    assert "ack" in client.events[0].data


async def test_what_a_poll_brought_is_acknowledged_as_well(desk: Desk) -> None:
    before = desk.log.head()
    desk.publish("everyone", {"id": "n1"}, "notification")
    poll = desk.open(ACKS, ("wait", "5"), headers={"last-event-id": str(before)})
    await poll.until_ended()

    answer = await acknowledge(desk, poll, ids=["n1"])

    assert answer.status == 204
    assert desk.acknowledged_ids == [("1", ["n1"])]
