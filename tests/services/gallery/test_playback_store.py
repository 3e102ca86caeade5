"""Where the gallery's scenes stand: one instance plays a topic, and another one succeeds it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from hub.log import LogAway
from notifications.demo.playback_store import ALIVE_S, LEASE_MS, PREFIX, PlaybackStore, Progress, RedisStore

TOPIC = "demo-build"


def test_a_topic_begins_at_the_first_step_of_the_first_run(store: PlaybackStore) -> None:
    assert store.hold(TOPIC) == Progress(0, 0)


def test_what_is_recorded_is_found_again(store: PlaybackStore) -> None:
    assert store.hold(TOPIC, Progress(2, 7)) == Progress(2, 7)

    assert store.hold(TOPIC) == store.progress(TOPIC) == Progress(2, 7)
    assert store.progress("demo-prices") == Progress(0, 0)


def test_a_progress_is_replaced_only_as_long_as_it_is_the_one_expected(store: PlaybackStore) -> None:
    assert store.replace(TOPIC, Progress(0, 0), Progress(1, 0))

    assert not store.replace(TOPIC, Progress(0, 0), Progress(5, 0))
    assert store.progress(TOPIC) == Progress(1, 0)


def test_another_instance_neither_plays_nor_records_what_one_plays(stores: list[RedisStore]) -> None:
    one, two = stores
    one.hold(TOPIC, Progress(0, 3))

    assert two.hold(TOPIC) is None
    assert two.hold(TOPIC, Progress(9, 9)) is None
    assert one.hold(TOPIC) == Progress(0, 3)


def test_one_that_was_killed_is_succeeded_where_it_stopped(
    stores: list[RedisStore], data: redis.Redis
) -> None:
    one, two = stores
    one.hold(TOPIC, Progress(0, 3))
    remaining = data.pttl(f"{PREFIX}{{{TOPIC}}}:lease")
    data.delete(f"{PREFIX}{{{TOPIC}}}:lease")  # as its time to live does

    assert 0 < remaining <= LEASE_MS
    assert two.hold(TOPIC) == Progress(0, 3)
    assert one.hold(TOPIC, Progress(0, 4)) is None


def test_one_that_stops_is_succeeded_at_once_and_frees_nothing_of_another(stores: list[RedisStore]) -> None:
    one, two = stores
    one.hold(TOPIC)
    one.release(TOPIC)

    assert two.hold(TOPIC) == Progress(0, 0)
    one.release(TOPIC)
    assert one.hold(TOPIC) is None


def test_race_of_instances_for_a_topic_has_one_winner(stores: list[RedisStore]) -> None:
    with ThreadPoolExecutor(8) as threads:
        held = list(threads.map(lambda number: stores[number % 2].hold(TOPIC), range(40)))

    winner = [number % 2 for number, progress in enumerate(held) if progress is not None]
    assert len(set(winner)) == 1


def test_race_of_two_that_begin_again_begins_one_run(stores: list[RedisStore]) -> None:
    stores[0].hold(TOPIC, Progress(0, 402))

    with ThreadPoolExecutor(8) as threads:
        begun = list(
            threads.map(
                lambda number: stores[number % 2].replace(TOPIC, Progress(0, 402), Progress(1, 0)), range(40)
            )
        )

    assert begun.count(True) == 1
    assert stores[1].progress(TOPIC) == Progress(1, 0)


def test_instances_are_alive_for_a_while_after_their_last_word(
    stores: list[RedisStore], data: redis.Redis
) -> None:
    for store, name in zip(stores, ("hub-1", "hub-2"), strict=True):
        store.announce(name)
    assert sorted(stores[0].instances()) == ["hub-1", "hub-2"]

    data.zincrby(f"{PREFIX}instances", -ALIVE_S - 1, "hub-1")

    assert stores[1].instances() == ["hub-2"]


def test_what_is_done_once_in_a_while_is_done_by_one_of_all(stores: list[RedisStore]) -> None:
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda number: stores[number % 2].once_in("kill", 60), range(40)))

    assert done.count(True) == 1


def test_a_redis_that_is_away_is_a_log_that_is_away() -> None:
    store = RedisStore("redis://127.0.0.1:1/0")

    for act in (store.instances, lambda: store.hold(TOPIC), lambda: store.progress(TOPIC)):
        with pytest.raises(LogAway):
            act()
