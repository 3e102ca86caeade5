"""A body of events, as any server of ASGI brings it: what is appended, and what its producer is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hub.log import Log, LogAway
from hub.support.threads import in_thread
from notifications import application
from notifications.access import api_keys
from notifications.access.quotas import Quotas
from notifications.models import ApiKey, Run
from notifications.runs import endpoint, ingestion, lifecycle
from notifications.runs.ingestions import Ingestions
from notifications.runs.shared import production
from tests.unit.notifications.runs.bodies import Body, line, texts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> Ingestions:
    """Those of an instance of its own."""
    found = Ingestions()
    for module in (application, endpoint):
        monkeypatch.setattr(module, "ingestions", found)
    return found


async def test_a_body_is_answered_with_the_last_position_at_its_end(
    live_log: Log, run: Run, key: str
) -> None:
    body = Body(run, key)
    body.put(line("one") + line("two")[:5])
    body.put(line("two")[5:].rstrip(), more=False)

    status, answer = await body.answer()

    page = await live_log.read({run.topic: run.began_position})
    assert (status, answer) == (200, {"position": str(page.upto), "stop": False, "events": 2})
    assert body.headers[b"connection"] == b"close"
    assert await texts(live_log, run) == ["one", "two"]


async def test_over_http_2_nothing_is_said_about_the_connection(live_log: Log, run: Run, key: str) -> None:
    body = Body(run, key, version="2")
    body.put(b"", more=False)
    await body.answer()

    assert b"connection" not in body.headers


async def test_an_end_is_answered_while_the_body_is_open(
    live_log: Log, run: Run, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "CHECK_S", 0.05)
    body = Body(run, key)
    body.put(line("one"))
    await eventually(lambda: texts(live_log, run), ["one"])
    await in_thread(lifecycle.end, run, Run.State.STOPPED)

    status, answer = await body.answer()

    assert (status, answer["stop"], answer["events"]) == (200, True, 1)


async def test_to_a_run_that_has_ended_nothing_is_appended(live_log: Log, run: Run, key: str) -> None:
    await in_thread(lifecycle.end, run, Run.State.STOPPED)
    body = Body(run, key)
    body.put(line("late"))

    status, answer = await body.answer()

    assert (status, answer["stop"], await texts(live_log, run)) == (200, True, [])


async def test_as_soon_as_the_instance_drains_a_producer_is_told_where_it_is(
    live_log: Log, run: Run, key: str, bodies: Ingestions, settings: Any
) -> None:
    settings.HUB_REDIS_URL = "redis://there.are.others"
    body = Body(run, key, stream="s")
    body.put(line("one"))
    await until_appended(live_log, run, ["one"])

    await application.Notifications().feeds_leaving()

    status, problem = await body.answer()
    assert (status, problem["events"]) == (503, 1)


async def test_race_a_producer_that_arrives_while_the_instance_leaves_is_told_so(
    live_log: Log, run: Run, key: str, bodies: Ingestions
) -> None:
    body = Body(run, key, stream="s")
    while not bodies._open:
        await asyncio.sleep(0)

    await asyncio.wait_for(bodies.leave(), 10)

    status, problem = await body.answer()
    assert (status, problem["events"]) == (503, 0)


async def until_appended(log: Log, run: Run, wanted: list[str]) -> None:
    async with asyncio.timeout(10):
        while await texts(log, run) != wanted:
            await asyncio.sleep(0.01)


async def test_a_body_that_is_cut_and_sent_again_is_appended_once(live_log: Log, run: Run, key: str) -> None:
    first = Body(run, key, stream="s")
    first.put(line("0") + line("1") + b'{"type"')
    await eventually(lambda: texts(live_log, run), ["0", "1"])
    await first.cut()

    again = Body(run, key, stream="s", query="from=1")
    again.put(line("1") + line("2"), more=False)

    assert (await again.answer())[1]["events"] == 3
    assert await texts(live_log, run) == ["0", "1", "2"]


@pytest.mark.parametrize("parts", [["0", "123"], ["0123"], ["012", "3"], ["0", "1"]])
async def test_race_events_that_another_request_appends_meanwhile_in_other_parts_are_skipped(
    live_log: Log, run: Run, key: str, monkeypatch: pytest.MonkeyPatch, parts: list[str]
) -> None:
    renewed: list[object] = []
    monkeypatch.setattr(production, "renew", renewed.append)
    older = Body(run, key, stream="s")
    async with asyncio.timeout(10):
        while not renewed:  # the request knows that nothing is appended yet
            await asyncio.sleep(0.005)
    newer = Body(run, key, stream="s")
    for number in range(len(parts)):
        newer.put(b"".join(map(line, parts[number])))
        await eventually(lambda: texts(live_log, run), list("".join(parts[: number + 1])))
    await newer.cut()

    older.put(b"".join(map(line, "0123")), more=False)

    assert (await older.answer())[1]["events"] == 4
    assert await texts(live_log, run) == ["0", "1", "2", "3"]


async def test_with_an_empty_body_a_stream_is_asked_how_far_it_is(live_log: Log, run: Run, key: str) -> None:
    first = Body(run, key, stream="s")
    first.put(line("0") + line("1"), more=False)
    await first.answer()
    asking = Body(run, key, stream="s")
    asking.put(b"", more=False)

    assert await asking.answer() == (200, {"position": None, "stop": False, "events": 2})


@pytest.mark.parametrize(
    ("query", "stream", "status"),
    [("from=1", "", 400), ("from=-1", "s", 400), ("from=x", "s", 400), ("form=1", "s", 400), ("", "ü", 422)],
)
async def test_a_stream_that_is_named_wrongly_is_refused(
    run: Run, key: str, query: str, stream: str, status: int
) -> None:
    assert (await Body(run, key, query=query, stream=stream).answer())[0] == status


@pytest.mark.parametrize(("scope", "status"), [("", 401), ("read", 403), ("publish", 403)])
async def test_none_but_the_key_that_began_a_run_produces_it(
    live_log: Log, run: Run, scope: str, status: int
) -> None:
    other = await in_thread(api_keys.create, "other", [scope]) if scope else ""
    body = Body(run, other)
    body.put(line("not mine"), more=False)

    assert (await body.answer())[0] == status
    assert await texts(live_log, run) == []


async def test_a_key_that_is_revoked_ends_its_body(
    live_log: Log, run: Run, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "CHECK_S", 0.05)
    body = Body(run, key)
    body.put(line("one"))
    await eventually(lambda: texts(live_log, run), ["one"])
    await in_thread(api_keys.revoke, "producer")

    assert (await body.answer())[0] == 401


async def test_while_the_log_is_away_events_wait(
    live_log: Log, run: Run, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, failures = live_log.append_grouped, 3

    async def away(*given: Any) -> list[int]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise LogAway("away")
        return await append(*given)

    monkeypatch.setattr(ingestion, "RETRY_S", 0.01)
    monkeypatch.setattr(live_log, "append_grouped", away)
    body = Body(run, key)
    body.put(line("one"))
    body.put(line("two"), more=False)

    assert (await body.answer())[1]["events"] == 2
    assert (failures, await texts(live_log, run)) == (-1, ["one", "two"])


async def test_a_key_over_its_quotas_waits(
    live_log: Log, run: Run, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    quotas = Quotas(lambda: clock)
    pk = (await in_thread(ApiKey.objects.get, name="producer")).pk
    quotas.add(pk, events=1e9)
    renewed: list[object] = []
    monkeypatch.setattr(ingestion, "quotas", quotas)
    monkeypatch.setattr(production, "renew", renewed.append)
    body = Body(run, key)
    body.put(line("one"), more=False)
    async with asyncio.timeout(10):
        while len(renewed) < 3:  # by the request, by the line, and as it waits
            await asyncio.sleep(0.005)
    before = await texts(live_log, run)
    clock = 1e9

    assert (await body.answer())[0] == 200
    assert (before, await texts(live_log, run)) == ([], ["one"])


@pytest.mark.parametrize("piece", [b"\n", line("x")[:3]])
async def test_a_line_renews_the_lease_and_a_part_of_one_does_not(
    run: Run, key: str, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    renewed: list[object] = []
    monkeypatch.setattr(production, "renew", renewed.append)
    body = Body(run, key)
    body.put(piece)
    await body.cut()

    assert len(renewed) == (2 if piece == b"\n" else 1)  # the first is of the request itself


def test_only_a_posted_body_of_lines_is_read_while_it_arrives(run: Run) -> None:
    path, kind = f"/api/v1/runs/{run.pk}/events", "application/x-ndjson"

    assert endpoint.streams_body(path, "POST", "Application/X-NDJSON ; charset=utf-8")
    assert not endpoint.streams_body(path, "POST", "application/json")
    assert not endpoint.streams_body(path, "PUT", kind)
    assert not endpoint.streams_body(path.replace("events", "stream"), "POST", kind)
    assert not endpoint.streams_body("/api/v1/events", "POST", kind)


async def eventually(look: Callable[[], Any], wanted: object) -> None:
    async with asyncio.timeout(10):
        while await look() != wanted:
            await asyncio.sleep(0.005)
