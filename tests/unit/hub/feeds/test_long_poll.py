"""A feed that is polled: one answer with a length, as soon as there is something, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from hub.delivery import revocation
from hub.feeds import long_poll
from hub.log import LogAway
from tests.unit.hub.feeds.conftest import Client, Desk

TOPIC = ("topic", "job-1")
SOON_S = 5  # a poll that would wait its whole time takes `LONG`
LONG = ("wait", "60")


async def answered(desk: Desk, *query: tuple[str, str], **headers: str) -> Client:
    client = desk.open(*query, headers=headers)
    async with asyncio.timeout(SOON_S):
        await client.task
    return client


def progress(client: Client) -> list[object]:
    return [event.data["data"] for event in client.events if event.type == "progress"]


def last_id(client: Client) -> str:
    return [event.id for event in client.events if event.id][-1]


async def waiting(desk: Desk, *query: tuple[str, str]) -> Client:
    """A poll that has nothing to answer yet."""
    client = desk.open(*query)
    await client.until(lambda: any(feed.live for feed in desk.feeds.connections))
    return client


async def test_what_was_missed_is_answered_at_once(desk: Desk) -> None:
    start = desk.publish("job-1", 0)
    last = [desk.publish("job-1", n) for n in (1, 2)][-1]

    client = await answered(desk, TOPIC, LONG, ("last_event_id", str(start)))

    assert client.types == ["stream-open", "progress", "progress", "stream-live"]
    assert client.events[0].id == client.events[0].data["position"] == str(start)
    assert progress(client) == [1, 2]
    assert last_id(client) == str(last)
    assert int(client.headers["content-length"]) == len(client.body)
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_what_comes_while_it_waits_is_answered_at_once(desk: Desk) -> None:
    client = await waiting(desk, TOPIC, LONG)

    position = desk.publish("job-1", "now")
    async with asyncio.timeout(SOON_S):
        await client.task

    assert client.types == ["stream-open", "stream-live", "progress"]
    assert last_id(client) == str(position)


async def test_what_comes_in_one_burst_is_one_answer(desk: Desk) -> None:
    client = await waiting(desk, TOPIC, LONG)

    for n in range(5):
        desk.publish("job-1", n)
        await asyncio.sleep(0.01)
    await client.until_ended()

    assert progress(client) == [0, 1, 2, 3, 4]


async def test_with_nothing_there_it_is_answered_after_its_time_with_the_position(desk: Desk) -> None:
    began = time.monotonic()

    client = await answered(desk, TOPIC, ("wait", "1"))

    assert time.monotonic() - began >= 1
    assert client.types == ["stream-open", "stream-live"]
    assert client.events[0].data["resumed"] is False
    assert client.events[0].data["count"]["unread"] == 3
    assert client.events[0].id == client.events[1].id == client.events[0].data["position"]


async def test_nothing_is_lost_between_two_polls(desk: Desk) -> None:
    seen: list[object] = []
    first = await answered(desk, TOPIC, ("wait", "1"))
    position, done = last_id(first), asyncio.Event()

    async def publish() -> None:
        for n in range(100):
            desk.publish("job-1", n)
            await asyncio.sleep(0.01)
        done.set()

    publishing = asyncio.create_task(publish())
    while not (done.is_set() and seen[-1:] == [99]):
        client = await answered(desk, TOPIC, ("wait", "1"), ("last_event_id", position))
        position = last_id(client)
        seen += progress(client)
    await publishing

    assert seen == list(range(100))


async def test_the_count_is_that_after_the_events_of_the_answer(desk: Desk) -> None:
    client = await waiting(desk, LONG)

    desk.unread = 4
    desk.publish("user-1", {"id": "a"}, type="notification")
    await client.until_ended()

    assert "notification" in client.types
    assert client.events[0].data["count"]["unread"] == 4


async def test_a_count_that_changes_by_itself_is_answered(desk: Desk) -> None:
    client = await waiting(desk, LONG)

    desk.unread = 2
    desk.unread_counts.topic_changed("user-1")
    await client.until_ended()

    assert [event.data["unread"] for event in client.events if event.type == "count"] == [2]


async def test_a_gap_is_told_once(desk: Desk) -> None:
    first = await answered(desk, TOPIC, LONG, ("last_event_id", "1"))
    second = await answered(desk, TOPIC, ("wait", "1"), ("last_event_id", last_id(first)))

    assert first.types == ["stream-open", "stream-reset", "stream-live"]
    assert second.types == ["stream-open", "stream-live"]


async def test_heartbeats_are_neither_an_answer_nor_in_one() -> None:
    async with Desk(limits={"heartbeat_s": 0.1}) as desk:
        client = await answered(desk, TOPIC, ("wait", "1"))

        assert client.types == ["stream-open", "stream-live"]
        assert b"heartbeat\n" not in client.body


async def test_a_long_replay_breaks_off_and_the_next_poll_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_poll, "MAX_REPLAY_BYTES", 1024)
    async with Desk(max_events=5000) as desk:
        start = desk.publish("job-1", 0)
        for n in range(1, 601):
            desk.publish("job-1", n)

        answers = [await answered(desk, TOPIC, LONG, ("last_event_id", str(start)))]
        while "stream-live" not in answers[-1].types:
            answers.append(await answered(desk, TOPIC, LONG, ("last_event_id", last_id(answers[-1]))))

        assert [n for answer in answers for n in progress(answer)] == list(range(1, 601))
        assert len(answers) > 1


async def test_while_nothing_is_received_it_waits_and_is_told_once(desk: Desk) -> None:
    await desk.opened(TOPIC)
    desk.fanout.disconnected()
    began = time.monotonic()

    client = await answered(desk, TOPIC, ("wait", "1"))

    assert time.monotonic() - began >= 1
    assert client.types == ["stream-open", "stream-live", "stream-degraded"]


async def test_what_is_found_when_the_log_is_back_is_answered(desk: Desk) -> None:
    client = await waiting(desk, TOPIC, LONG)
    desk.fanout.disconnected()
    await desk.log.unsubscribe(["job-1"])
    desk.publish("job-1", "unheard")
    await desk.log.subscribe(["job-1"])
    desk.fanout.restored()

    await client.until_ended()

    assert progress(client) == ["unheard"]
    assert "stream-degraded" not in client.types


async def test_while_the_log_cannot_be_read_it_is_degraded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise LogAway("away")

    monkeypatch.setattr(desk.log, "read", away)
    monkeypatch.setattr(desk.log, "subscribe", away)

    client = await answered(desk, TOPIC, ("wait", "1"), ("last_event_id", "1"))

    assert client.types == ["stream-degraded"]


async def test_the_end_of_a_right_is_answered_at_once(desk: Desk) -> None:
    client = await waiting(desk, LONG)
    desk.gone = {"1": False}

    desk.log.append([revocation.recheck(1)])
    await client.until_ended()

    assert client.events[-1].type == "stream-error"
    assert client.events[-1].data == {"reason": "revoked", "retry": False}


async def test_a_drain_sends_it_elsewhere_and_admits_no_other(desk: Desk) -> None:
    client = await waiting(desk, LONG)

    await desk.feeds.drain(0)
    await client.until_ended()
    refused = await desk.refused(LONG)

    assert client.types == ["stream-open", "stream-live", "retire"]
    assert refused.status == 503


async def test_it_counts_as_an_open_feed_until_it_is_answered() -> None:
    async with Desk(max_connections={"per_user": 1}) as desk:
        client = await waiting(desk, TOPIC, LONG)
        refused = await desk.refused(LONG)
        desk.publish("job-1")
        await client.until_ended()

        assert refused.status == 429
        assert not desk.feeds.connections
        assert not desk.unread_counts.topics
        assert not desk.fanout.topics["job-1"]
        assert desk.feeds.closes["answered"] == 1
        await desk.opened()


async def test_a_client_that_leaves_is_released(desk: Desk) -> None:
    client = await waiting(desk, TOPIC, LONG)

    client.leave()
    await client.until_ended()

    assert not desk.feeds.connections
    assert client.status == 0
    assert desk.feeds.closes["gone"] == 1


async def test_head_is_answered_at_once(desk: Desk) -> None:
    client = await desk.refused(LONG, method="HEAD")

    assert (client.status, client.body) == (200, b"")
    assert not desk.feeds.connections


async def test_by_post_it_is_a_number_of_the_body(desk: Desk) -> None:
    body = json.dumps({"topics": ["job-1"], "wait": 1}).encode()
    client = desk.open(method="POST", body=body)
    await client.until_ended()

    assert client.types == ["stream-open", "stream-live"]
    assert "content-length" in client.headers


async def test_a_proxy_of_http_1_0_may_poll(desk: Desk) -> None:
    client = desk.open(("wait", "1"))
    client.scope["http_version"] = "1.0"
    await client.until_ended()

    assert client.status == 200


async def test_a_page_of_another_origin_may_poll(desk: Desk) -> None:
    client = await answered(desk, ("wait", "1"), origin="https://app.example.com")

    assert client.headers["access-control-allow-origin"] == "https://app.example.com"


@pytest.mark.parametrize("wait", ["", "0", "61", "100", "-1", "1.5", "1e1", "05", "x", " 5", "٣", "5\n"])
async def test_a_wait_that_cannot_be_is_a_400(desk: Desk, wait: str) -> None:
    client = await desk.refused(("wait", wait))

    assert client.status == 400
    assert "wait is a whole number of seconds, 1 to 60" in client.problem["detail"]


@pytest.mark.parametrize("wait", [b"0", b"61", b"-5", b"1.5", b"true", b'"5"', b"null", b"[5]"])
async def test_a_wait_in_a_body_that_cannot_be_is_a_400(desk: Desk, wait: bytes) -> None:
    client = desk.open(method="POST", body=b'{"wait": %b}' % wait)
    await client.until_ended()

    assert client.status == 400
    assert "wait" in client.problem["detail"]


async def test_it_waits_once(desk: Desk) -> None:
    client = await desk.refused(("wait", "5"), ("wait", "6"))

    assert client.status == 400
