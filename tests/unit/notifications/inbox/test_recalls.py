"""What is taken back while an instance holds it in memory is told to nobody any more."""

from __future__ import annotations

from typing import Any

from hub.delivery.subscriber import Subscriber
from hub.delivery.topic_state import TopicState
from hub.events import Event, draft
from hub.feeds.sse import SSE
from hub.ports import Person
from notifications import serialization
from tests.unit.hub.feeds.conftest import Client, Desk


def publish(desk: Desk, id: str, topic: str = "everyone") -> int:
    return desk.log.append([draft(topic, "notification", {"id": id, "title": f"secret {id}"}, key=id)])[0]


def recall(desk: Desk, id: str, topic: str = "everyone") -> None:
    desk.log.append([draft(topic, "recalled", {"id": id}, key=f"recalled-{id}", removes=id)])


def received(client: Client) -> list[tuple[str, str]]:
    return [
        (event.type, event.data["data"]["id"])
        for event in client.events
        if event.type in ("notification", "recalled")
    ]


async def test_the_tail_forgets_what_was_recalled(desk: Desk) -> None:
    ann = await desk.opened()
    start = desk.log.head()
    for id in ("n1", "n2", "n3"):
        publish(desk, id)
    recall(desk, "n2")
    await ann.until_event("recalled")

    client = await desk.opened(("last_event_id", str(start)))

    assert received(client) == [("notification", "n1"), ("notification", "n3"), ("recalled", "n2")]
    assert b"secret n2" not in client.body


async def test_a_reader_who_holds_it_until_the_replay_is_over_is_not_given_it() -> None:
    topic = TopicState(SSE.event)
    reader = Subscriber(
        Person("1", "ann", ("everyone",)),
        address="",
        topics=("everyone",),
        dialect=SSE,
        mailbox_bytes=1 << 16,
    )
    topic.buffered[reader] = None
    events = [
        Event(n, n - 1, "everyone", type, draft("everyone", type, {"id": id}).body)
        for n, (type, id) in enumerate(
            [("notification", "n1"), ("notification", "n2"), ("recalled", "n1")], 1
        )
    ]
    for event in events:
        serialization.forget_recalled(event, topic)
        topic.deliver(event.position, topic.encode(event))

    reader.release(0)

    assert await reader.drain() == b"".join(SSE.event(event).payload for event in events[1:])


async def test_from_the_log_no_reset_is_sent_for_its_gap(desk: Desk) -> None:
    start = publish(desk, "n0", "user-1")
    second = publish(desk, "n1", "user-1")
    publish(desk, "n2", "user-1")
    recall(desk, "n1", "user-1")

    clients = [await desk.opened(("last_event_id", str(at))) for at in (start, second)]

    for client in clients:
        assert received(client) == [("notification", "n2"), ("recalled", "n1")]
        assert "stream-reset" not in client.types


async def test_a_live_topic_that_is_followed_keeps_its_events(desk: Desk) -> None:
    """It has no rows that could fill a hole, so none may seem to be there."""
    start = desk.publish("releases", 0)
    publish(desk, "n1", "releases")
    desk.publish("releases", 1)
    recall(desk, "n1", "releases")

    client = await desk.opened(("topic", "releases"), ("last_event_id", str(start)))

    assert [event.data["data"] for event in client.events if event.type == "progress"] == [1]
    assert "stream-reset" not in client.types
    assert b"secret" not in client.body


async def test_a_recall_that_names_nothing_harms_no_one(desk: Desk) -> None:
    client = await desk.opened()

    unreadable: list[Any] = [None, [], {"id": 5}, {"other": 1}]
    for data in unreadable:
        desk.log.append([draft("everyone", "recalled", data)])
    publish(desk, "n1")
    await client.until_event("notification")

    assert client.types.count("notification") == 1
