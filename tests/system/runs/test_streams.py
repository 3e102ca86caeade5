"""Runs over three instances: what readers see of them, wherever they are and however they are cut."""

from __future__ import annotations

import asyncio
import random

import httpx
import redis

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.reader import Reader, until
from tests.system.runs.chat_site import ChatSite
from tests.system.runs.conftest import Call, produce
from tests.system.runs.streams import RunReader, recorded_tokens

READERS = 50


async def test_readers_cut_at_any_token_end_with_the_recorded_text(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, tokens = await begin(), recorded_tokens()
    urls = [cluster.instances[k].url for k in range(3)]
    devices = await _devices(cluster, site, run)
    readers = [
        RunReader(random.sample(urls, 3), run["run"], devices[n % len(devices)], random.randint(1, 60))
        for n in range(READERS)
    ]
    reading = [asyncio.create_task(reader.read()) for reader in readers]
    feed = Reader([cluster.http_url], run["token"], [run["topic"]])
    site.listening.append(asyncio.create_task(feed.listen()))
    await until(lambda: feed.live, "a live feed")

    await produce(urls[0], run["run"], ("phase", {"name": "writing"}))
    for start in range(0, len(tokens), 5):
        await produce(urls[0], run["run"], *[("token", {"text": text}) for text in tokens[start : start + 5]])
    late = await _late(urls, run, devices[0])
    ended = await site.api.post(f"/api/v1/runs/{run['run']}/done", json={"outcome": {"ok": True}})
    await asyncio.wait_for(asyncio.gather(*reading), 30)

    assert ended.json()["state"] == "done"
    whole = "".join(tokens)
    assert [reader.text == whole for reader in readers] == [True] * READERS
    assert {reader.end for reader in readers} == {"done"}
    assert sum(reader.connects > 1 for reader in readers) > READERS // 2
    assert late == whole
    await until(lambda: "done" in [type for _, type, _ in feed.received], "the end on the feed")
    assert "".join(data["data"]["text"] for _, type, data in feed.received if type == "token") == whole
    await _text(site, run["run"], whole)


async def _devices(cluster: Cluster, site: Site, run: dict[str, str]) -> list[dict[str, str]]:
    """What those come with who may read it: the run's token, one of its owner's, the key, a session."""
    async with httpx.AsyncClient(base_url=cluster.http_url) as client:
        await client.get("/accounts/login/")
        form = {"username": "alice", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        await client.post("/accounts/login/", data=form)
        cookie = f"sessionid={client.cookies['sessionid']}"
    bearers = [run["token"], await site.token("alice")]
    return [*({"Authorization": f"Bearer {one}"} for one in bearers), KEY, {"Cookie": cookie}]


async def _late(urls: list[str], run: dict[str, str], headers: dict[str, str]) -> str:
    """What somebody who comes now has after the first token of theirs."""
    reader = RunReader(urls, run["run"], headers)
    task = asyncio.create_task(reader.read())
    await until(lambda: reader.tokens >= 1, "the tokens so far")
    task.cancel()
    return reader.text


async def _text(site: Site, run: str, whole: str) -> None:
    """The row has the whole text, whatever the log still has."""

    async def stored() -> bool:
        answer = await site.api.get(f"/api/v1/runs/{run}?user=alice")
        return bool(answer.json()["text"] == whole)

    async with asyncio.timeout(30):
        while not await stored():
            await asyncio.sleep(0.1)


async def test_a_stop_at_one_instance_reaches_the_producer_at_another(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = (await begin())["run"]
    token = await site.token("alice")
    await produce(cluster.instances[0].url, run, ("token", {"text": "so far"}))
    waiting = asyncio.create_task(
        site.api.get(f"{cluster.instances[0].url}/api/v1/runs/{run}/stop?wait=20", headers=KEY)
    )

    stopped = await site.api.post(
        f"{cluster.instances[2].url}/api/v1/runs/{run}/stop", headers={"Authorization": f"Bearer {token}"}
    )

    assert stopped.json()["state"] == "stopped", stopped.text
    assert (await asyncio.wait_for(waiting, 30)).json() == {"stop": True}
    assert (await produce(cluster.instances[0].url, run, ("token", {"text": "more"})))["stop"]
    whole = await site.api.get(f"/api/v1/runs/{run}?user=alice")
    assert whole.json()["text"] == "so far"


async def test_a_producer_that_is_gone_leaves_its_run_lost(cluster: Cluster, begin: Call) -> None:
    run = await begin(lease_s=2)
    headers = {"Authorization": f"Bearer {run['token']}"}
    reader = RunReader([cluster.http_url], run["run"], headers)
    reading = asyncio.create_task(reader.read())
    await produce(cluster.instances[1].url, run["run"], ("token", {"text": "half an"}))

    await asyncio.wait_for(reading, 30)

    assert (reader.text, reader.end) == ("half an", "lost")


async def test_killed_instances_of_reader_and_producer_lose_and_double_nothing(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, tokens = await begin(lease_s=60), recorded_tokens()
    urls = [cluster.instances[k].url for k in range(3)]
    headers = {"Authorization": f"Bearer {run['token']}"}
    readers = [RunReader(urls[k:] + urls[:k], run["run"], headers) for k in range(3)]
    reading = [asyncio.create_task(reader.read()) for reader in readers]
    parts = [tokens[start : start + 5] for start in range(0, len(tokens), 5)]
    try:
        for number, part in enumerate(parts):
            if number in (len(parts) // 3, 2 * len(parts) // 3):
                cluster.instances[0 if number < len(parts) // 2 else 1].kill()
            await persistently(urls, run["run"], f"part-{number}", part)
        await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})
        await asyncio.wait_for(asyncio.gather(*reading), 30)
    finally:
        for instance in cluster.instances[:2]:
            instance.start()
        for instance in cluster.instances[:2]:
            await asyncio.to_thread(instance.wait_ready, 60)

    assert [reader.text for reader in readers] == ["".join(tokens)] * 3
    await _text(site, run["run"], "".join(tokens))


async def persistently(urls: list[str], run: str, key: str, part: list[str]) -> None:
    """As a producer should: what was not answered is said again, to another instance, under the same key."""
    while True:
        try:
            await produce(urls[0], run, *[("token", {"text": text}) for text in part], key=key)
        except httpx.TransportError:
            urls.append(urls.pop(0))
        else:
            return


async def test_race_with_redis_flushed_before_a_text_is_stored_readers_still_have_it_whole(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run, tokens = await begin(), recorded_tokens()
    half = len(tokens) // 2
    headers = {"Authorization": f"Bearer {run['token']}"}
    reader = RunReader([cluster.instances[1].url], run["run"], headers)
    reading = asyncio.create_task(reader.read())
    base = cluster.instances[0].url
    await produce(base, run["run"], *[("token", {"text": text}) for text in tokens[:half]])
    await until(lambda: reader.text == "".join(tokens[:half]), "the first half")

    redis.Redis.from_url(cluster.redis.url).flushall()
    await until(lambda: reader.resets > 0, "a reset")
    await until(lambda: reader.text == "".join(tokens[:half]), "the first half again")
    await produce(base, run["run"], *[("token", {"text": text}) for text in tokens[half:]])
    await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})
    await asyncio.wait_for(reading, 30)

    assert reader.text == "".join(tokens)
    await _text(site, run["run"], "".join(tokens))


async def test_a_run_is_begun_and_read_in_one_go_and_goes_on_without_its_reader(
    cluster: Cluster, site: Site
) -> None:
    url = f"{cluster.http_url}/api/v1/runs/stream"
    async with httpx.AsyncClient(headers=KEY, timeout=20) as client:
        async with client.stream("POST", url, json={"owner": "alice"}) as answer:
            run = answer.headers["hub-run"]
            await produce(cluster.instances[2].url, run, ("token", {"text": "read"}))
            rows = answer.aiter_lines()
            async with asyncio.timeout(30):
                while await anext(rows) != 'data: {"text":"read"}':
                    pass
        await produce(cluster.instances[1].url, run, ("token", {"text": " on"}))
        await site.api.post(f"/api/v1/runs/{run}/done", json={})

    assert answer.headers["content-type"].startswith("text/event-stream")
    reader = RunReader([cluster.instances[1].url], run, KEY)
    await asyncio.wait_for(reader.read(), 30)
    assert (reader.text, reader.end) == ("read on", "done")


async def test_begun_in_one_go_again_it_is_the_stream_of_the_same_run_on_any_instance(
    cluster: Cluster, site: Site
) -> None:
    once = {"Idempotency-Key": "turn-1"}
    found: list[str] = []
    for k, text in enumerate(["read", " again"], 1):
        url = f"{cluster.instance_url(k)}/api/v1/runs/stream"
        async with site.api.stream("POST", url, json={"owner": "alice"}, headers=once) as answer:
            found.append(answer.headers["hub-run"])
            assert answer.headers.get("idempotent-replay") == (None if k == 1 else "true")
            await produce(cluster.instances[2].url, found[0], ("token", {"text": text}))
            rows = answer.aiter_lines()
            async with asyncio.timeout(30):
                while text not in await anext(rows):
                    pass
    other = await site.api.post("/api/v1/runs/stream", json={"owner": "bob"}, headers=once)

    assert found[0] == found[1]
    assert other.status_code == 422


async def test_a_page_of_another_origin_learns_the_run_that_it_began(
    cluster: Cluster, site: Site, chat_site: ChatSite
) -> None:
    headers = {"Origin": chat_site.origin}
    async with site.api.stream(
        "POST", "/api/v1/runs/stream", json={"owner": "alice"}, headers=headers
    ) as begun:
        run = begun.headers["hub-run"]
    body = '{"type": "token", "data": {"text": "a"}}\n'
    ndjson = headers | {"Content-Type": "application/x-ndjson"}

    produced = await site.api.post(f"/api/v1/runs/{run}/events", content=body, headers=ndjson)
    waited = await site.api.get(f"/api/v1/runs/{run}/stop?wait=0", headers=headers)

    exposed = begun.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Hub-Run", "Retry-After"} <= set(exposed)
    for answer in (begun, produced, waited):
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == chat_site.origin


async def test_a_run_in_one_go_is_refused_as_the_call_that_begins_one(cluster: Cluster, site: Site) -> None:
    before = (await site.api.get("/api/v1/runs?user=alice")).json()["runs"]

    unknown = await site.api.post("/api/v1/runs/stream", json={"owner": "nobody-of-that-name"})
    format = await site.api.post("/api/v1/runs/stream?format=xml", json={"owner": "alice"})
    resumed = await site.api.post("/api/v1/runs/stream?last_event_id=1", json={"owner": "alice"})
    key = await site.api.post(
        "/api/v1/runs/stream", json={"owner": "alice"}, headers={"Authorization": "Bearer no"}
    )

    assert [one.status_code for one in (unknown, format, resumed, key)] == [422, 400, 400, 401]
    assert unknown.json()["field"] == "owner"
    assert (await site.api.get("/api/v1/runs?user=alice")).json()["runs"] == before
