"""An open feed gets other topics without a reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from hub.delivery import fanout
from hub.events import draft
from hub.feeds import topic_changes
from hub.feeds.topic_calls import TopicCalls
from hub.feeds.topics_endpoint import TopicsEndpoint
from hub.log import LogAway
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from tests.unit.hub.feeds.conftest import Client, Desk

JOB = ("topic", "job-1")


def feed(client: Client) -> str:
    id: str = client.events[0].data["feed"]
    return id


def data(client: Client) -> list[Any]:
    return [event.data["data"] for event in client.events if event.type == "progress"]


async def test_what_is_added_arrives_and_the_feed_names_its_topics(desk: Desk) -> None:
    client = await desk.opened(JOB)

    answer = await desk.change(feed(client), add=["job-2", "job-3"])
    desk.publish("job-3", "c")
    desk.publish("job-2", "b")
    desk.publish("job-1", "a")

    await client.until_event("progress", 3)
    assert answer.status == 200
    assert answer.problem == {"topics": ["everyone", "user-1", "job-1", "job-2", "job-3"]}
    changed = next(event for event in client.events if event.type == "stream-topics")
    assert changed.data == answer.problem
    assert data(client) == ["c", "b", "a"]


async def test_nothing_of_what_is_removed_arrives_after_the_feed_says_so(desk: Desk) -> None:
    client = await desk.opened(JOB, ("topic", "job-2"))
    desk.publish("job-1", "before")

    answer = await desk.change(feed(client), remove=["job-1", "never-on-it"])
    desk.publish("job-1", "after")
    desk.publish("job-2", "other")

    await client.until_event("progress", 2)
    assert answer.problem == {"topics": ["everyone", "user-1", "job-2"]}
    assert data(client) == ["before", "other"]


async def test_topics_are_exchanged_in_one_call(desk: Desk) -> None:
    client = await desk.opened(JOB)

    await desk.change(feed(client), add=["job-2"], remove=["job-1"])
    desk.publish("job-1", "old")
    desk.publish("job-2", "new")

    await client.until_event("progress")
    assert client.types.count("stream-topics") == 1
    assert data(client) == ["new"]


async def test_the_inbox_stays_and_what_is_on_the_feed_is_not_added_twice(desk: Desk) -> None:
    client = await desk.opened(JOB)

    answer = await desk.change(feed(client), add=["job-1", "everyone", "job-1"], remove=["user-1"])
    desk.publish("job-1", "once")
    desk.publish("user-1", "mine")

    await client.until_event("progress", 2)
    assert answer.problem == {"topics": ["everyone", "user-1", "job-1"]}
    assert data(client) == ["once", "mine"]


async def test_a_feed_that_is_cut_right_after_resumes_with_its_new_topics_without_a_gap(desk: Desk) -> None:
    client = await desk.opened(JOB)
    before = desk.publish("job-1", "before")
    await client.until_event("progress")
    await desk.change(feed(client), add=["job-2"])
    changed = client.events[-1]
    client.leave()

    desk.publish("job-2", "missed")
    back = await desk.opened(JOB, ("topic", "job-2"), headers={"last-event-id": changed.id})

    assert int(changed.id) >= before
    assert data(back) == ["missed"]


async def test_positions_rise_over_a_change_while_others_publish(desk: Desk) -> None:
    client = await desk.opened(JOB)
    for number in range(20):
        desk.publish("job-1", number)
        desk.publish("job-2", number)
        lists: dict[str, Any] = {("add", "remove")[number % 2]: ["job-2"]}
        await desk.change(feed(client), **lists)
    desk.publish("job-1", "end")
    await client.until(lambda: data(client)[-1:] == ["end"])

    ids = [int(event.id) for event in client.events if event.id]
    assert ids == sorted(ids)


async def test_an_instance_that_does_not_hold_the_feed_passes_the_call_on(desk: Desk) -> None:
    client = await desk.opened(JOB)
    other = elsewhere(desk)

    answer = await desk.posted(other, b'{"feed": "%b", "add": ["job-2"]}' % feed(client).encode())
    refused = await desk.posted(other, b'{"feed": "%b", "add": ["ticketless"]}' % feed(client).encode())

    assert answer.problem["topics"][-1] == "job-2"
    await client.until_event("stream-topics")
    assert (refused.status, refused.problem["topics"]) == (403, ["ticketless"])


async def test_an_instance_that_does_not_answer_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.feeds.topic_calls.ANSWER_S", 0.05)
    client = await desk.opened(JOB)
    gone = feed(client)
    desk.topics_endpoint._calls._process = "another"

    answer = await desk.change(gone, add=["job-2"])

    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert "open one" in answer.problem["detail"]


def elsewhere(desk: Desk) -> TopicsEndpoint:
    """The endpoint of another instance with the same log."""
    mine = desk.topics_endpoint
    calls = TopicCalls(desk.log, desk.fanout.control, mine._calls._changes, "elsewhere")
    return TopicsEndpoint(mine._ids, calls, desk, desk.feeds.options)


async def test_topics_that_are_not_theirs_are_named_and_nothing_changes(desk: Desk) -> None:
    client = await desk.opened(JOB)

    refused = await desk.change(feed(client), add=["job-2", "secret-1"], remove=["job-1"])
    desk.publish("job-2", "unseen")
    desk.publish("job-1", "seen")

    await client.until_event("progress")
    assert (refused.status, refused.problem["topics"]) == (403, ["secret-1"])
    assert "stream-topics" not in client.types
    assert data(client) == ["seen"]


async def test_more_than_a_hundred_topics_are_refused_with_the_number(desk: Desk) -> None:
    client = await desk.opened(*(("topic", f"job-{number}") for number in range(99)))

    full = await desk.change(feed(client), add=["more-1"])
    over = await desk.change(feed(client), add=["more-2"])
    exchanged = await desk.change(feed(client), add=["more-2"], remove=["job-0"])

    assert (full.status, over.status, exchanged.status) == (200, 400, 200)
    assert "100 topics" in over.problem["detail"]


async def test_another_person_changes_nothing(desk: Desk) -> None:
    client = await desk.opened(JOB)

    refused = await desk.change(feed(client), add=["job-2"], headers={"authorization": "Bearer 2"})
    unknown = await desk.change(feed(client), add=["job-2"], headers={"authorization": ""})

    assert (refused.status, unknown.status) == (403, 401)
    assert "stream-topics" not in client.types


async def test_a_feed_by_ticket_is_changed_by_its_id_alone(desk: Desk) -> None:
    client = await desk.opened(("ticket", "9"), JOB, headers={"authorization": ""})

    answer = await desk.change(feed(client), add=["job-2"], headers={"authorization": ""})
    refused = await desk.change(feed(client), add=["ticketless"], headers={"authorization": ""})

    assert answer.problem == {"topics": ["job-1", "job-2"]}
    assert refused.status == 403


async def test_a_feed_that_has_ended_is_gone(desk: Desk) -> None:
    client = await desk.opened(JOB)
    client.leave()
    await client.until_ended()

    answer = await desk.change(feed(client), add=["job-2"])

    assert answer.status == 410
    assert "open one" in answer.problem["detail"]


@pytest.mark.parametrize("id", ["", "x", "é", "WyJhIiwxLCIxIl0:1tCkyC:sig", "\x00" * 8])
async def test_what_is_no_id_of_a_feed_is_not_found(desk: Desk, id: str) -> None:
    answer = await desk.posted(desk.topics_endpoint, b'{"feed": "%b"}' % id.encode("unicode-escape"))

    assert answer.status in (400, 404)
    assert answer.status == 404 or not id.isprintable() or not id.isascii()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b'{"add": ["job-2"]}',
        b'{"feed": 1}',
        b'{"feed": "x", "add": "job-2"}',
        b'{"feed": "x", "add": {"job-2": 1}}',
        b'{"feed": "x", "add": [1]}',
        b'{"feed": "x", "add": [null]}',
        b'{"feed": "x", "remove": [["job-2"]]}',
        b'{"feed": "x", "drop": []}',
        b'{"feed": "x", "add": [""]}',
        b'{"feed": "x", "add": ["a b"]}',
        b'{"feed": "x", "add": ["\\ud800"]}',
        b'{"feed": "x", "add": ["room-1"]}',
        b'{"feed": "x", "add": ["job-2"], "remove": ["job-2"]}',
        b'{"feed": "x", "feed": "y"}',
    ],
)
async def test_a_body_that_means_nothing_is_refused_with_what_to_send(desk: Desk, body: bytes) -> None:
    answer = await desk.posted(desk.topics_endpoint, body)

    assert answer.status == 400
    assert len(answer.problem["detail"]) > 20


async def test_another_method_is_refused(desk: Desk) -> None:
    answer = await desk.posted(desk.topics_endpoint, b"", method="PUT")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_while_the_log_is_away_nothing_changes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await desk.opened(JOB)

    async def away(names: Any) -> None:
        raise LogAway("no log")

    monkeypatch.setattr(desk.log, "subscribe", away)
    answer = await desk.change(feed(client), add=["job-2"], remove=["job-1"])
    desk.publish("job-1", "still")

    await client.until_event("progress")
    assert answer.status == 503
    assert "log" in answer.problem["detail"]
    assert "stream-topics" not in client.types


async def test_topics_count_for_their_person_while_they_are_on_the_feed() -> None:
    async with Desk(max_connections={"topics_per_user": 2}) as desk:
        client = await desk.opened(JOB)

        within = await desk.change(feed(client), add=["job-2"])
        over = await desk.change(feed(client), add=["job-3"])
        freed = await desk.change(feed(client), remove=["job-1", "job-2"])
        again = await desk.change(feed(client), add=["job-4", "job-5"])
        client.leave()
        await client.until_ended()

        assert [answer.status for answer in (within, over, freed, again)] == [200, 429, 200, 200]
        assert over.headers["retry-after"]
        assert desk.feeds._limits.entries == 0


async def test_topics_are_added_at_a_bounded_rate(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_changes, "ADDED_PER_S", 0.2)
    client = await desk.opened(JOB)

    first = await desk.change(feed(client), add=["job-2", "job-3"])
    second = await desk.change(feed(client), add=["job-4"])

    assert (first.status, second.status) == (200, 429)
    assert int(second.headers["retry-after"]) >= 1


async def test_topics_that_were_dropped_are_unsubscribed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "LINGER_S", -1)
    client = await desk.opened(JOB)
    before = set(desk.fanout.topics)

    for first in (0, 100):
        names = [f"tile-{number}" for number in range(first, first + 99)]
        await desk.change(feed(client), add=names)
        await desk.change(feed(client), remove=names)
    desk.fanout._heal_due.set()

    await client.until(lambda: set(desk.fanout.topics) == before)


async def test_a_right_that_ends_closes_the_feed_that_added_its_topic(desk: Desk) -> None:
    client = await desk.opened(JOB)
    await desk.change(feed(client), add=["job-2"])
    (subscriber,) = desk.feeds.connections

    asked: list[tuple[str, ...]] = []

    async def revoked(people: Any, /) -> Any:
        asked.extend(person.granted for person in people)
        return {person: True for person in people if "job-2" in person.granted}

    desk.revoked = revoked  # type: ignore[method-assign]
    desk.log.append([draft("hub.control", "recheck", {"person": "1"})])
    await client.until_ended()

    assert asked == [("job-2",)]
    assert subscriber.closed == "revoked"


async def test_race_a_feed_that_closes_while_rights_are_read_is_gone(desk: Desk) -> None:
    client = await desk.opened(JOB)

    async def leave() -> None:
        client.leave()
        await client.until_ended()

    desk.before_extending = leave
    answer = await desk.change(feed(client), add=["job-2"])

    assert answer.status == 410
    assert not len(desk.fanout.topics["job-2"])
    assert desk.feeds._limits.entries == 0


async def test_race_changes_at_once_are_applied_one_after_the_other(desk: Desk) -> None:
    client = await desk.opened(JOB)
    id = feed(client)

    answers = await asyncio.gather(*(desk.change(id, add=[f"tile-{number}"]) for number in range(20)))

    assert {answer.status for answer in answers} == {200}
    assert sorted(len(answer.problem["topics"]) for answer in answers) == list(range(4, 24))
    await client.until_event("stream-topics", 20)


async def test_race_more_changes_at_once_than_wait_are_refused(desk: Desk) -> None:
    client = await desk.opened(JOB)
    id = feed(client)
    go_on = asyncio.Event()

    async def wait() -> None:
        await go_on.wait()

    desk.before_extending = wait
    calls = [
        asyncio.create_task(desk.change(id, add=[f"tile-{number}"]))
        for number in range(topic_changes.MAX_WAITING + 5)
    ]
    await client.until(lambda: sum(call.done() for call in calls) == 5)
    go_on.set()
    answers = await asyncio.gather(*calls)

    assert [answer.status for answer in answers].count(429) == 5
    assert not desk.topics_endpoint._calls._changes._waiting


async def test_race_events_while_a_topic_is_being_added_are_in_order(desk: Desk) -> None:
    client = await desk.opened(JOB)

    async def publish() -> None:
        desk.publish("job-2", "during")
        desk.publish("job-1", "during")

    desk.before_extending = publish
    await desk.change(feed(client), add=["job-2"])
    desk.publish("job-2", "after")
    await client.until(lambda: data(client)[-1:] == ["after"])

    ids = [int(event.id) for event in client.events if event.id]
    assert ids == sorted(ids)
    assert data(client).count("during") >= 1


async def test_race_a_change_waits_for_a_feed_that_is_being_brought_up_to_date(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_changes, "CHANGE_S", 0.05)
    after = desk.log.head()
    desk.publish("job-1", "x" * 1000)
    client = desk.open(JOB, headers={"last-event-id": str(after)})
    await client.until_event("stream-open")
    (subscriber,) = desk.feeds.connections
    held, subscriber._held = subscriber._held, []

    answer = await desk.change(feed(client), add=["job-2"])
    subscriber._held = held
    await client.until_event("stream-live")

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "stream-topics" not in client.types


@pytest.fixture
def coalesced() -> Iterator[None]:
    """Events of tiles wait longer than any test."""
    table.replace([TopicPolicy(pattern="tile-*", coalesce="last", coalesce_ms=60_000)])
    yield
    table.replace([])


async def test_what_waits_to_be_coalesced_comes_before_the_change(desk: Desk, coalesced: None) -> None:
    client = await desk.opened(("topic", "tile-1"), ("topic", "tile-2"))
    waiting = desk.log.append([draft("tile-1", "progress", "waits", value_key="a")])[0]
    await client.until(lambda: desk.fanout.settled and desk.fanout.received_events >= 1)

    await desk.change(feed(client), add=["tile-3"], remove=["tile-1"])
    desk.publish("everyone", "after")
    await client.until_event("progress", 2)

    assert [event.data["data"] for event in client.events if event.type == "progress"] == ["waits", "after"]
    changed = next(event for event in client.events if event.type == "stream-topics")
    assert int(changed.id) >= waiting
    assert len(desk.fanout.topics.coalescer) == 1


async def test_a_feed_may_get_its_first_coalesced_topic_and_lose_its_last(
    desk: Desk, coalesced: None
) -> None:
    client = await desk.opened(JOB)

    await desk.change(feed(client), add=["tile-1"])
    desk.log.append([draft("tile-1", "progress", "old", value_key="a")])
    desk.log.append([draft("tile-1", "progress", "new", value_key="a")])
    desk.publish("job-1", "after")
    await client.until_event("progress", 2)
    with_tiles = len(desk.fanout.topics.coalescer)
    await desk.change(feed(client), remove=["tile-1"])
    desk.publish("job-1", "last")
    await client.until_event("progress", 3)

    assert data(client) == ["new", "after", "last"]
    assert (with_tiles, len(desk.fanout.topics.coalescer)) == (1, 0)
