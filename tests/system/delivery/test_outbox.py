"""Committed means delivered, once; rolled back means never. Whoever committed may die in between."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

import httpx

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import Reader, until

COMMIT_AND_DIE = """
import os, django
django.setup()
from notifications.sending import outbox
outbox.publish_now = lambda rows: os._exit(137)
from notifications.sending.notify import notify
notify(["user:alice"], "committed, and then the power went")
"""

ROLL_BACK = """
import django
django.setup()
from django.db import transaction
from notifications.sending.notify import notify
try:
    with transaction.atomic():
        notify(["user:alice"], "never happened")
        raise RuntimeError
except RuntimeError:
    pass
"""


JOB = """
import logging, sys, django
django.setup()
from hub import LogHandler, progress
logger = logging.Logger("shop")
logger.addHandler(LogHandler("job-99"))
logger.info("begun")
with progress("job-99", total=100) as job:
    sys.stdin.readline()
    for number in job.each(range(100)):
        logger.info(number)
print("done", flush=True)
sys.stdin.readline()
"""


def logged(reader: Reader) -> list[str]:
    return [data["data"]["message"] for _, type, data in reader.received if type == "log"]


def states(reader: Reader) -> list[str]:
    return [data["data"]["state"] for _, type, data in reader.received if type == "progress"]


async def run(cluster: Cluster, program: str) -> int:
    env = {**cluster.env, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=env)
    return await process.wait()


async def test_a_row_whose_committer_died_is_relayed_once(cluster: Cluster, site: Site) -> None:
    readers = [await site.reader("alice", instance=k) for k in (1, 2, 3)]

    died = await run(cluster, COMMIT_AND_DIE)
    for reader in readers:
        await until(lambda r=reader: r.notifications, "the relayed notification")
    # Every relay has had a turn once a later notification has gone the same way.
    await run(cluster, COMMIT_AND_DIE)

    assert died == 137
    for reader in readers:
        await until(lambda r=reader: len(r.notifications) >= 2, "the second")
        titles = [d["data"]["title"] for _, type, d in reader.received if type == "notification"]
        assert len(titles) == len(reader.notifications) == 2
        assert len(set(reader.notifications)) == 2


async def test_what_was_rolled_back_is_never_delivered(cluster: Cluster, site: Site) -> None:
    reader = await site.reader("alice", instance=1)

    done = await run(cluster, ROLL_BACK)
    await run(cluster, COMMIT_AND_DIE)

    assert done == 0
    await until(lambda: reader.notifications, "the one after it")
    titles = [d["data"]["title"] for _, type, d in reader.received if type == "notification"]
    assert "never happened" not in titles


async def test_with_redis_down_a_post_is_accepted_at_once_and_delivered_later(
    cluster: Cluster, site: Site
) -> None:
    reader = await site.reader("bob", instance=1)
    cluster.redis.kill()
    try:
        await until(
            lambda: any(type == "stream-degraded" for _, type, _ in reader.received), "the feed saying so"
        )
        posted = [(await site.notify("user:bob", f"number {n}"))[0] for n in range(5)]
        assert {row["position"] for row in posted} == {None}
        assert reader.notifications == []
    finally:
        cluster.redis.start()

    await until(lambda: len(reader.notifications) >= 5, "what was posted meanwhile")
    assert sorted(reader.notifications) == sorted(row["id"] for row in posted)
    assert reader.connects == 1


async def test_with_redis_down_a_job_runs_on_and_its_end_and_its_log_come_later(
    cluster: Cluster, site: Site
) -> None:
    readers = [await site.reader("alice", ["job-99"], instance=k) for k in (1, 2)]
    env = {**cluster.env, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    pipe = asyncio.subprocess.PIPE
    job = await asyncio.create_subprocess_exec(sys.executable, "-c", JOB, env=env, stdin=pipe, stdout=pipe)
    assert job.stdin is not None
    assert job.stdout is not None
    for reader in readers:
        await until(lambda r=reader: logged(r) == ["begun"], "the first record")

    cluster.redis.kill()
    try:
        job.stdin.write(b"go on\n")
        done_meanwhile = await job.stdout.readline()
    finally:
        cluster.redis.start()
    for reader in readers:
        await until(lambda r=reader: states(r)[-1:] == ["done"], "the end")
        await until(lambda r=reader: len(logged(r)) > 100, "its records")

    job.stdin.close()
    assert await job.wait() == 0
    assert done_meanwhile == b"done\n"
    for reader in readers:
        assert logged(reader) == ["begun", *map(str, range(100))]
        assert states(reader)[0] == "running"


async def test_fifty_requests_at_once_with_one_key_send_once_and_answer_alike(
    cluster: Cluster, site: Site
) -> None:
    reader = await site.reader("carol", instance=1)
    headers = {"Idempotency-Key": "fifty at once"}
    body = {"to": ["user:carol"], "title": "only once"}

    async def post() -> httpx.Response:
        return await site.api.post("/api/v1/notifications", json=body, headers=headers)

    answers = await asyncio.gather(*(post() for _ in range(50)))
    later = await post()
    other = await site.api.post("/api/v1/notifications", json={**body, "title": "x"}, headers=headers)
    await site.notify("user:carol", "after them")
    await until(lambda: len(reader.notifications) >= 2, "the one, and the one after it")

    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    assert {answer.text for answer in (*answers, later) if answer.status_code == 201} == {later.text}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 409)
    assert later.headers["Idempotent-Replay"] == "true"
    assert other.status_code == 422
    assert len(reader.notifications) == 2


async def test_send_event_of_django_eventstream_arrives_through_our_log(cluster: Cluster, site: Site) -> None:
    reader = await site.reader("alice", ["job-7"], instance=2)

    program = (
        "import django; django.setup(); from django_eventstream import send_event; "
        "send_event('job-7', 'message', {'text': 'hello'})"
    )
    assert await run(cluster, program) == 0

    await until(lambda: reader.events("job-7"), "the event")
    _, type, data = next(row for row in reader.received if row[1] == "message")
    assert data["data"] == {"text": "hello"}


async def test_send_event_in_a_transaction_that_rolls_back_is_never_delivered(
    cluster: Cluster, site: Site
) -> None:
    reader = await site.reader("alice", ["job-8"], instance=2)

    program = """
import django; django.setup()
from django.db import transaction
from django_eventstream import send_event
try:
    with transaction.atomic():
        send_event('job-8', 'message', 'phantom')
        raise RuntimeError
except RuntimeError:
    pass
with transaction.atomic():
    send_event('job-8', 'message', 'real')
"""
    assert await run(cluster, program) == 0

    await until(lambda: reader.events("job-8"), "the event")
    assert [data["data"] for _, type, data in reader.received if type == "message"] == ["real"]
