"""Clients of others, as published, read a run."""

from __future__ import annotations

import asyncio

import pytest
from openai import APIError, AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.runs.conftest import Call, produce
from tests.system.runs.streams import recorded_tokens


async def test_the_openai_client_reads_a_run_to_its_end(cluster: Cluster, site: Site, begin: Call) -> None:
    run, tokens = await begin(), recorded_tokens()
    half = len(tokens) // 2
    await produce(
        cluster.instances[0].url, run["run"], *[("token", {"text": text}) for text in tokens[:half]]
    )
    reading = asyncio.create_task(read(cluster.http_url, run))
    await produce(
        cluster.instances[2].url, run["run"], *[("token", {"text": text}) for text in tokens[half:]]
    )
    await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})

    assert await asyncio.wait_for(reading, 20) == "".join(tokens)


async def test_the_openai_client_raises_what_went_wrong(cluster: Cluster, site: Site, begin: Call) -> None:
    run = await begin()
    await site.api.post(f"/api/v1/runs/{run['run']}/error", json={"detail": "no model"})

    with pytest.raises(APIError, match="no model"):
        await read(cluster.http_url, run)


async def test_an_unknown_format_is_refused_with_those_there_are(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()

    answer = await site.api.get(f"/api/v1/runs/{run['run']}/stream?format=xml")

    assert answer.status_code == 400
    assert "ag-ui, ai-sdk, openai" in answer.json()["detail"]


async def test_only_who_may_read_a_run_is_told_that_it_has_ended(
    cluster: Cluster, site: Site, begin: Call
) -> None:
    run = await begin()
    await site.api.post(f"/api/v1/runs/{run['run']}/done", json={})
    tokens = [run["token"], await site.token("bob")]

    answers = [
        await site.api.get(
            f"/api/v1/runs/{run['run']}/stream?format=ai-sdk&open=1",
            headers={"Authorization": f"Bearer {token}"},
        )
        for token in tokens
    ]

    assert [answer.status_code for answer in answers] == [204, 403]


async def read(base: str, run: dict[str, str]) -> str:
    client = AsyncOpenAI(base_url=f"{base}/api/v1", api_key=run["token"], max_retries=0)
    stream = await client.get(
        f"/runs/{run['run']}/stream?format=openai",
        cast_to=ChatCompletionChunk,
        stream=True,
        stream_cls=AsyncStream[ChatCompletionChunk],
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
