"""Coalesced topics over two instances behind nginx, one of which is killed in the middle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cases import tokens
from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.delivery.test_replay import post
from tests.system.reader import Reader, until

POLICIES = [
    {"pattern": "tiles-*", "coalesce_ms": 100, "coalesce": "last"},
    {"pattern": "answer-*", "coalesce_ms": 100, "coalesce": "join"},
]
TILES, ANSWERS, PLAIN = ("tiles-a", "tiles-b"), ("answer-1", "answer-2"), "job-42"
KEYS = [f"tile {n}" for n in range(10)]
AT_ONCE = 3  # tokens a post
ROUNDS = len(tokens.answer()) // AT_ONCE + 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_TOPICS": json.dumps(POLICIES)}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        yield cluster


async def publish(site: Site, topic: str, rounds: list[list[dict[str, Any]]]) -> None:
    """Each round in one post, the next once it is accepted."""
    for number, events in enumerate(rounds):
        if events:
            body = {"events": [{"topic": topic, "type": "tick", **event} for event in events]}
            await post(site, "/api/v1/events", body, f"{topic}-{number}")


def values(reader: Reader, topic: str) -> dict[str, int]:
    return {data["key"]: data["data"] for data in received(reader, topic)}


def text(reader: Reader, topic: str) -> str:
    return "".join(data["data"]["text"] for data in received(reader, topic))


def received(reader: Reader, topic: str) -> list[dict[str, Any]]:
    """Without ids that it has seen."""
    once = {id: data for id, type, data in reader.received if type == "tick"}
    return [data for data in once.values() if data["topic"] == topic]


async def test_readers_end_with_the_last_values_and_whole_texts_when_an_instance_is_killed(
    site: Site,
) -> None:
    answer = tokens.answer()
    parts = [answer[n * AT_ONCE : (n + 1) * AT_ONCE] for n in range(ROUNDS)]
    topics = (*TILES, *ANSWERS, PLAIN)
    readers = await asyncio.gather(
        *(
            site.reader("alice", names, instance=k)
            for k in (1, 2)
            for names in (topics, (*TILES, PLAIN), (ANSWERS[0],), (*ANSWERS, TILES[0]))
        )
    )

    async def kill_in_the_middle() -> None:
        await until(lambda: text(readers[0], ANSWERS[0])[200:], "the middle of an answer")
        site.cluster.instances[0].kill()

    await asyncio.gather(
        *(
            publish(site, topic, [[{"data": n, "key": key} for key in KEYS] for n in range(ROUNDS)])
            for topic in TILES
        ),
        *(
            publish(site, topic, [[{"data": {"text": t}} for t in part] for part in parts])
            for topic in ANSWERS
        ),
        publish(site, PLAIN, [[{"data": n}] for n in range(ROUNDS)]),
        kill_in_the_middle(),
    )

    last = dict.fromkeys(KEYS, ROUNDS - 1)
    for reader in readers:
        for topic in reader.topics:
            if topic in TILES:
                await until(lambda r=reader, t=topic: values(r, t) == last, f"the last values of {topic}")
            elif topic in ANSWERS:
                await until(lambda r=reader, t=topic: len(text(r, t)) >= len("".join(answer)), "the text")
                assert text(reader, topic) == "".join(answer)
            else:
                await until(lambda r=reader: len(received(r, PLAIN)) == ROUNDS, "every other event")
        assert reader.ids == sorted(set(reader.ids)), "in order, once"
        assert not reader.resets
    alone = next(reader for reader in readers if reader.topics == (ANSWERS[0],) and reader.connects == 1)
    assert len(received(alone, ANSWERS[0])) < len(answer) / 2, "texts were joined"
