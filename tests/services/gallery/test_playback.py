"""The gallery is played while somebody looks, by one instance, and goes on when that one is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis

from hub.events import Event
from hub.log.redis import RedisLog
from hub.ports import Person
from notifications.demo import playback
from notifications.demo.playback import Playback
from notifications.demo.playback_store import Progress, RedisStore
from notifications.demo.scenes.scene import Publication, Scene, Step
from tests.cluster.redis import Redis

TOPIC = "demo-build"
STEPS = 40
DEADLINE_S = 20


class OpenFeed:
    """An open feed of a person, on these topics."""

    def __init__(self, *topics: str, person: str = "7") -> None:
        self.person = Person(person, "alice", ())
        self.topics = topics

    def put(self, encoded: Any) -> None:
        raise AssertionError("the gallery writes to no feed")


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    def play(seed: int) -> list[Step]:
        return [(Publication("line", {"text": f"{seed} {n}\n"}),) for n in range(STEPS)]

    made = Scene(TOPIC, {}, interval_s=0.01, play=play, once=True)
    monkeypatch.setattr(playback, "scene_of", lambda topic: made if topic == TOPIC else None)
    monkeypatch.setattr(playback, "LOOK_S", 0.02)
    return made


class IdleReceiver:
    """A receiver of a log of which only the history is looked at."""

    def received(self, event: Event) -> None:
        pass

    disconnected = restored = lambda self: None


@pytest.fixture
async def log(
    redis_server: Redis, data: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RedisLog]:
    made = RedisLog(redis_server.url, 1000, 60, "hub-1")
    monkeypatch.setattr(playback, "shared_log", lambda: made)
    listening = asyncio.create_task(made.listen(IdleReceiver()))
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def published(log: RedisLog) -> list[Any]:
    events: list[Event] = []
    after = 0
    while page := (await log.read({TOPIC: after})).events:
        events += page
        after = page[-1].position
    return [event.data for event in events]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


def whole(run: int) -> list[Any]:
    """What an uncut run publishes."""
    texts = [{"text": f"{run} {n}\n"} for n in range(STEPS)]
    return [{"run": run, "state": "running"}, *texts, {"run": run, "state": "finished"}]


@pytest.mark.usefixtures("scene")
async def test_nothing_is_played_while_nobody_looks(log: RedisLog, stores: list[RedisStore]) -> None:
    playing = Playback(stores[0])
    playing.feed_opened(OpenFeed("job-42"))
    task = asyncio.create_task(playing.run())
    try:
        await until(lambda: bool(stores[1].instances()))
        assert await published(log) == []
        assert stores[1].progress(TOPIC) == Progress(0, 0)
    finally:
        task.cancel()


@pytest.mark.usefixtures("scene")
async def test_a_run_is_played_to_its_end_and_another_one_when_it_is_asked_for(
    log: RedisLog, stores: list[RedisStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "shared_store", lambda: stores[1])
    playing = Playback(stores[0])
    playing.feed_opened(OpenFeed(TOPIC))
    task = asyncio.create_task(playing.run())
    try:
        await until(lambda: stores[1].progress(TOPIC).steps == STEPS + 2)
        assert await published(log) == whole(0)

        assert playback.play_again(TOPIC)
        assert not playback.play_again(TOPIC)

        await until(lambda: stores[1].progress(TOPIC) == Progress(1, STEPS + 2))
        assert await published(log) == whole(1)  # the history of one run is enough
    finally:
        task.cancel()


@pytest.mark.usefixtures("scene")
async def test_race_of_two_instances_and_the_death_of_one_publish_each_step_once(
    log: RedisLog, stores: list[RedisStore], data: redis.Redis
) -> None:
    playing = [Playback(store) for store in stores]
    for one in playing:
        one.feed_opened(OpenFeed(TOPIC))
    tasks = [asyncio.create_task(one.run()) for one in playing]
    try:
        await until(lambda: stores[0].progress(TOPIC).steps > 10)
        # One of them dies between the publication of a step and its record.
        holder = next(n for n, one in enumerate(playing) if any(not t.done() for t in one._playing.values()))
        tasks[holder].cancel()
        for task in playing[holder]._playing.values():
            task.cancel()
        await until(lambda: all(task.done() for task in playing[holder]._playing.values()))
        reached = stores[0].progress(TOPIC)
        data.set("hub:demo:{demo-build}:progress", str(Progress(0, reached.steps - 1)))
        data.delete("hub:demo:{demo-build}:lease")

        await until(lambda: stores[0].progress(TOPIC).steps == STEPS + 2)
        assert await published(log) == whole(0)
    finally:
        for task in tasks:
            task.cancel()


@pytest.mark.usefixtures("scene", "log")
async def test_it_stops_some_time_after_the_last_reader_left(
    stores: list[RedisStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "GRACE_S", 0.1)
    playing, feed = Playback(stores[0]), OpenFeed(TOPIC)
    playing.feed_opened(feed)
    task = asyncio.create_task(playing.run())
    try:
        await until(lambda: stores[1].progress(TOPIC).steps > 2)
        playing.feed_closed(feed)

        await until(lambda: stores[1].hold(TOPIC) is not None)
        assert stores[1].progress(TOPIC).steps < STEPS
    finally:
        task.cancel()


async def test_it_knows_whose_feeds_are_open_here(stores: list[RedisStore]) -> None:
    playing, feed = Playback(stores[0]), OpenFeed(TOPIC, person="7")
    playing.feed_opened(feed)

    assert playing.reads("7")
    assert not playing.reads("8")
    playing.feed_closed(feed)
    assert not playing.reads("7")
