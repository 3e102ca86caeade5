"""Producers that stream their events in one request, to three instances."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal

import pytest

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import until
from tests.system.runs.conftest import Call
from tests.system.runs.producers import StreamingProducer, token
from tests.system.runs.streams import RunReader, recorded_tokens

STREAM = KEY | {"Idempotency-Key": "the-stream"}


def reading(
    cluster: Cluster, run: dict[str, str], instance: int = 2
) -> tuple[RunReader, asyncio.Task[RunReader]]:
    reader = RunReader(
        [cluster.instance_url(instance)], run["run"], {"Authorization": f"Bearer {run['token']}"}
    )
    return reader, asyncio.create_task(reader.read())


async def whole(site: Site, run: dict[str, str]) -> str:
    answer = await site.api.get(f"/api/v1/runs/{run['run']}?user=alice")
    text: str = answer.json()["text"]
    return text


@pytest.mark.parametrize("through_nginx", [False, True])
async def test_events_are_read_while_the_body_is_still_open(
    cluster: Cluster, site: Site, begin: Call, through_nginx: bool
) -> None:
    run = await begin()
    reader, task = reading(cluster, run)
    async with StreamingProducer(
        cluster.http_url if through_nginx else cluster.instance_url(1), run["run"]
    ) as open:
        await open.send(token("Hel"), token("lo")[:10])
        await until(lambda: reader.text == "Hel", "the first token")
        await open.send(token("lo")[10:], b"\n", token(", world"))
        await until(lambda: reader.text == "Hello, world", "the others")

        status, answer = await open.end()

    assert status == 200
    assert answer == {"position": reader.ids[-1], "stop": False, "events": 3}
    task.cancel()


async def test_a_body_larger_than_any_other_is_appended_whole(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()
    texts = [f"{n} {'ü' * 100} " for n in range(20_000)]
    async with StreamingProducer(cluster.http_url, run["run"]) as open:
        sending = asyncio.create_task(
            open.send(*[b"".join(map(token, texts[n : n + 100])) for n in range(0, 20_000, 100)])
        )
        await asyncio.wait_for(sending, 60)
        status, answer = await open.end()

    assert (status, answer["events"]) == (200, len(texts))
    assert await whole(site, run) == "".join(texts)


@pytest.mark.parametrize("through_nginx", [False, True])
async def test_a_stop_elsewhere_is_answered_at_once_though_the_body_goes_on(
    cluster: Cluster, site: Site, begin: Call, through_nginx: bool
) -> None:
    run = await begin()
    owner = {"Authorization": f"Bearer {await site.token('alice')}"}
    base = cluster.http_url if through_nginx else cluster.instance_url(1)
    async with StreamingProducer(base, run["run"]) as open:
        sending = asyncio.create_task(endless(open))
        reader, task = reading(cluster, run)
        await until(lambda: reader.tokens > 3, "tokens")

        await site.api.post(f"{cluster.instance_url(3)}/api/v1/runs/{run['run']}/stop", headers=owner)
        status, answer = await open.answer()
        assert through_nginx or await open.closed()
        sending.cancel()

    assert (status, answer["stop"]) == (200, True)
    await asyncio.wait_for(task, 10)
    assert reader.end == "stopped"


async def endless(open: StreamingProducer) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await open.send(token("x "))
            await asyncio.sleep(0.01)


async def test_a_producer_that_is_silent_for_its_lease_is_lost(cluster: Cluster, begin: Call) -> None:
    run = await begin(lease_s=2)
    reader, task = reading(cluster, run)
    async with StreamingProducer(cluster.http_url, run["run"]) as open:
        await open.send(token("half a"), token("line")[:5])
        status, answer = await open.answer()

    assert (status, answer["stop"]) == (200, True)
    await asyncio.wait_for(task, 10)
    assert (reader.text, reader.end) == ("half a", "lost")


async def test_a_line_that_is_no_event_is_named_and_ends_the_stream(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()
    async with StreamingProducer(cluster.http_url, run["run"]) as open:
        await open.send(token("kept"), b'\n{"type": "done", "data": 1}\n' + token("dropped"))
        status, problem = await open.answer()

    assert (status, problem["line"], problem["events"]) == (422, 3, 1)
    assert problem["detail"].startswith("Line 3: 'done' ends a run")
    assert await whole(site, run) == "kept"


async def test_of_a_body_that_is_cut_the_whole_lines_are_kept(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()
    async with StreamingProducer(cluster.http_url, run["run"]) as open:
        await open.send(token("kept") + token("cut")[:-1])
        reader, task = reading(cluster, run)
        await until(lambda: reader.text == "kept", "the whole line")

    async with StreamingProducer(cluster.http_url, run["run"]) as open:
        await open.send(token(", and on"))
        await open.end()

    assert await whole(site, run) == "kept, and on"
    task.cancel()


async def test_a_stream_sent_again_after_its_instance_was_killed_doubles_nothing(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, tokens = await begin(lease_s=60), recorded_tokens()
    lines = [token(text) for text in tokens]
    quarter = len(lines) // 4
    reader, task = reading(cluster, run, instance=3)
    async with StreamingProducer(cluster.instance_url(1), run["run"], headers=STREAM) as open:
        await open.send(*lines[:quarter])
        await until(lambda: reader.text == "".join(tokens[:quarter]), "a quarter")
        await open.send(*lines[quarter : 2 * quarter])
        cluster.instances[0].kill()
    try:
        first = random.randrange(quarter)
        async with StreamingProducer(
            cluster.instance_url(2), run["run"], headers=STREAM, query=f"?from={first}"
        ) as open:
            await open.send(*lines[first:])
            status, answer = await open.end()
        await site.api.post(f"{cluster.instance_url(2)}/api/v1/runs/{run['run']}/done", json={})
        await asyncio.wait_for(task, 20)
    finally:
        cluster.instances[0].start()
        await asyncio.to_thread(cluster.instances[0].wait_ready, 60)

    assert (status, answer["events"]) == (200, len(lines))
    assert reader.text == "".join(tokens)
    assert await whole(site, run) == "".join(tokens)


async def test_race_two_bodies_of_one_stream_append_each_event_once(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, tokens = await begin(), [f"{n} " for n in range(3000)]
    lines = [token(text) for text in tokens]

    async def produce(instance: int) -> tuple[int, dict[str, int]]:
        async with StreamingProducer(cluster.instance_url(instance), run["run"], headers=STREAM) as open:
            while_sent = 0
            while while_sent < len(lines):
                many = random.randint(1, 200)
                await open.send(b"".join(lines[while_sent : while_sent + many]))
                while_sent += many
                await asyncio.sleep(random.random() / 100)
            return await open.end()

    answers = await asyncio.gather(produce(1), produce(2))

    assert [(status, answer["events"]) for status, answer in answers] == [(200, len(lines))] * 2
    assert await whole(site, run) == "".join(tokens)


async def test_an_instance_that_leaves_says_from_where_to_go_on(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()
    reader, task = reading(cluster, run)
    async with StreamingProducer(cluster.instance_url(1), run["run"], headers=STREAM) as open:
        await open.send(token("here"))
        await until(lambda: reader.text == "here", "a token")
        cluster.instances[0].signal(signal.SIGTERM)
        status, problem = await open.answer()
    await asyncio.to_thread(cluster.instances[0].join, 15)
    cluster.instances[0].start()

    assert (status, problem["events"]) == (503, 1)
    async with StreamingProducer(cluster.http_url, run["run"], headers=STREAM, query="?from=1") as open:
        await open.send(token(" and there"))
        status, answer = await open.end()
    assert (status, answer["events"]) == (200, 2)
    assert await whole(site, run) == "here and there"
    task.cancel()
    await asyncio.to_thread(cluster.instances[0].wait_ready, 60)


async def test_a_gap_in_a_stream_is_refused_with_what_is_there(cluster: Cluster, begin: Call) -> None:
    run = await begin()
    async with StreamingProducer(cluster.http_url, run["run"], headers=STREAM) as open:
        await open.send(token("one"))
        await open.end()

    async with StreamingProducer(cluster.http_url, run["run"], headers=STREAM, query="?from=3") as open:
        status, problem = await open.answer()

    assert (status, problem["events"]) == (409, 1)


async def test_the_key_is_judged_before_the_body_is_asked_for(cluster: Cluster, begin: Call) -> None:
    run = await begin()
    expecting = {"Expect": "100-continue"}
    base = cluster.instance_url(1)
    async with StreamingProducer(
        base, run["run"], headers={"Authorization": "Bearer no"} | expecting
    ) as open:
        refused = await open.line()
    async with StreamingProducer(base, run["run"], headers=KEY | expecting, length=len(token("x"))) as open:
        asked = await open.line()
        await open.line()
        await open.send(token("x"))
        status, answer = await open.end()

    assert (refused, asked) == (b"HTTP/1.1 401 Unauthorized\r\n", b"HTTP/1.1 100 Continue\r\n")
    assert (status, answer["events"]) == (200, 1)
