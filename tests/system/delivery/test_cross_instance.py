"""Posted on one instance, seen on every other."""

from __future__ import annotations

import asyncio
import json

import httpx
from httpx_sse import aconnect_sse

from tests.system.conftest import Site
from tests.system.reader import Reader, until
from tests.system.staff import Staff


async def test_a_notification_posted_on_one_instance_is_seen_on_all(site: Site) -> None:
    readers = [await site.reader("alice", instance=k) for k in (1, 2, 3)]

    (posted,) = await site.notify("user:alice", "Build 512 is green")

    for reader in readers:
        await until(lambda r=reader: posted["id"] in r.notifications, "the notification")
        assert int(posted["position"]) in reader.ids


async def test_a_live_event_reaches_those_who_may_read_it_and_no_one_else(site: Site) -> None:
    reader = await site.reader("alice", ["job-42"], instance=1)
    other = await site.reader("alice", instance=2)

    position = await site.publish("job-42", {"done": 3, "of": 10})
    await site.notify("user:alice", "after it")

    await until(lambda: other.notifications, "the notification after it")
    await until(lambda: position in reader.ids, "the event")
    assert position not in other.ids


async def test_what_was_posted_while_away_is_there_on_return(site: Site) -> None:
    reader = await site.reader("alice", instance=1)
    site.listening[-1].cancel()
    posted = [(await site.notify("everyone", f"number {n}"))[0] for n in range(5)]

    returned = Reader(reader.urls, reader.token, last_id=reader.last_id)
    site.listening.append(asyncio.create_task(returned.listen()))
    await until(lambda: len(returned.notifications) >= 5, "what was missed")

    assert returned.notifications == [p["id"] for p in posted]


async def test_another_user_s_notification_is_not_seen(site: Site) -> None:
    bob = await site.reader("bob", instance=1)

    await site.notify("user:alice", "for alice alone")
    await site.notify("group:ops", "for ops, bob is not in it")
    (mine,) = await site.notify("user:bob", "for bob")

    await until(lambda: bob.notifications, "bob's own")
    assert bob.notifications == [mine["id"]]


async def test_the_count_is_the_servers_on_every_instance(site: Site) -> None:
    readers = [await site.reader("carol", instance=k) for k in (1, 2, 3)]
    before = [
        data["count"]["unread"] for r in readers for _, type, data in r.received if type == "stream-open"
    ]

    await site.notify("user:carol", "one more")

    def counts() -> list[list[int]]:
        return [[d["unread"] for _, t, d in r.received if t == "count"][-1:] for r in readers]

    await until(lambda: counts() == [[before[0] + 1]] * 3, "the same count everywhere")


async def test_what_is_acknowledged_anywhere_is_told_apart_from_what_was_only_written(site: Site) -> None:
    bob = await site.reader("bob", instance=3)
    headers = {"Authorization": f"Bearer {await site.token('alice')}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=20) as alice,
        aconnect_sse(alice, "GET", f"{site.cluster.instance_url(1)}/feed/", params={"acks": "1"}) as feed,
    ):
        events = feed.aiter_sse()
        ack = json.loads((await anext(events)).data)["ack"]
        (posted,) = await site.notify("everyone", "for both")
        await until(lambda: posted["id"] in bob.notifications, "the notification")
        report = {"ack": ack, "ids": [posted["id"]]}
        answer = await alice.post(f"{site.cluster.instance_url(2)}/feed/acks", json=report)

    assert answer.status_code == 204
    async with Staff(site.cluster.http_url) as staff:
        page = f"/dashboard/why/?notification={posted['id']}&person="
        await until_shown(staff, f"{page}alice", "A page acknowledged it at ")
        await until_shown(staff, f"{page}bob", "nothing confirmed that it arrived.")


async def until_shown(staff: Staff, address: str, words: str) -> None:
    """What is known of deliveries is written a few seconds later."""
    async with asyncio.timeout(20):
        while words not in await staff.page(address):
            await asyncio.sleep(0.2)


async def test_topics_are_added_to_a_feed_and_dropped_by_calls_to_any_instance(site: Site) -> None:
    jobs = [f"job-{number}" for number in range(200)]
    url = site.cluster.instance_url(1)
    async with Staff(site.cluster.http_url, "carol") as carol:
        before = await subscribed(url)
        async with aconnect_sse(carol.client, "GET", f"{url}/feed/") as source:
            events = source.aiter_sse()
            feed = json.loads((await anext(events)).data)["feed"]
            for part in (jobs[:100], jobs[100:]):
                added = await carol.call("/api/v1/feed/topics", {"feed": feed, "add": part})
                await site.publish(part[-1], "seen")
                dropped = await carol.call("/api/v1/feed/topics", {"feed": feed, "remove": part})
                await site.publish(part[-1], "unseen")

                assert set(part) < set(added["topics"])
                assert not set(part).intersection(dropped["topics"])
            (last,) = await site.notify("user:carol", "after them")
            received = [await anext(events)]
            while received[-1].event != "notification":
                received.append(await anext(events))

        seen = [event.json()["data"] for event in received if event.event == "progress"]
        assert seen == ["seen", "seen"]
        assert received[-1].id == last["position"]
        async with asyncio.timeout(30):
            while await subscribed(url) > before:
                await asyncio.sleep(0.2)


async def test_a_ticket_s_feed_is_changed_by_its_id_and_no_further_than_its_token(site: Site) -> None:
    body = {"user": "alice", "topics": ["tile-1", "tile-2"], "ttl": 60}
    ticket = (await site.api.post("/api/v1/tokens", json=body)).json()["ticket"]
    params = {"ticket": ticket, "topic": "tile-1"}
    async with (
        httpx.AsyncClient(base_url=site.cluster.http_url, timeout=20) as client,
        aconnect_sse(client, "GET", f"{site.cluster.instance_url(2)}/feed/", params=params) as source,
    ):
        events = source.aiter_sse()
        feed = json.loads((await anext(events)).data)["feed"]
        answers = [
            await client.post("/api/v1/feed/topics", json={"feed": feed, "add": [topic]})
            for topic in ("tile-2", "tile-3", "job-1")
        ]

    assert [answer.status_code for answer in answers] == [200, 403, 403]
    assert answers[1].json()["topics"] == ["tile-3"]


async def subscribed(url: str) -> float:
    """How many topics an instance is subscribed to."""
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{url}/metrics")).text
    return next(float(row.split()[1]) for row in metrics.splitlines() if row.startswith("hub_topics "))
