"""Staff see every instance and every connection, send one elsewhere, and empty an instance without a loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from hub.log.redis import RedisLog
from hub.ops.connection_list import encode
from hub.ops.remote_commands import disconnect, drain
from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.staff import Staff

ALL = {"hub-1", "hub-2", "hub-3"}


@pytest.fixture
async def staff(cluster: Cluster) -> AsyncIterator[Staff]:
    async with Staff(cluster.http_url) as staff:
        yield staff


@pytest.fixture
def log(cluster: Cluster) -> RedisLog:
    return RedisLog(cluster.redis.url, 1000, 3600, "test")


async def test_every_instance_tells_how_it_is(site: Site, staff: Staff) -> None:
    await site.reader("alice", instance=2)

    staff.listen("staff-instances")
    await until(lambda: {data["instance"] for data in staff.of("instance")} == ALL, "every instance")

    data = {data["instance"]: data for data in staff.of("instance")}
    assert data["hub-2"]["feeds"] >= 1
    assert not any(one["draining"] for one in data.values())


async def test_a_connection_on_any_instance_is_found_and_sent_away(
    site: Site, staff: Staff, log: RedisLog
) -> None:
    bob = await site.reader("bob", instance=3)
    carol = await site.reader("carol", instance=3)

    staff.listen(f"staff-connections-{encode(person='bob')}")
    await until(lambda: any(data["connections"] for data in staff.of("connections")), "the connection")
    data = next(data for data in staff.of("connections") if data["connections"])
    (one,) = data["connections"]
    log.append([disconnect(data["instance"], one["number"], one["person"]["id"])])
    await until(lambda: bob.connects == 2 and bob.live, "that they came back")

    assert data["instance"] == "hub-3"
    assert one["person"]["name"] == "bob"
    assert carol.connects == 1


async def test_an_instance_that_is_drained_loses_nothing_and_comes_back(
    cluster: Cluster, site: Site, staff: Staff, log: RedisLog
) -> None:
    people = ("alice", "bob", "carol") * 4
    readers = await asyncio.gather(*(site.reader(name, instance=1) for name in people))
    posted: list[str] = []

    async def post() -> None:
        for n in range(60):
            (row,) = await site.notify("everyone", f"number {n}")
            posted.append(row["id"])

    posting = asyncio.create_task(post())
    await until(lambda: len(posted) > 5, "the first posts")
    log.append([drain("hub-1", True)])
    await until(lambda: all(reader.connects >= 2 and reader.live for reader in readers), "all elsewhere")
    await posting
    for reader in readers:
        await until(lambda r=reader: len(r.notifications) >= len(posted), "everything")
    async with httpx.AsyncClient() as client:
        ready = await client.get(f"{cluster.instance_url(1)}/readyz")
    log.append([drain("hub-1", False)])
    await until(lambda: cluster.instances[0].answers(), "that it is ready again")
    back = await site.reader("alice", instance=1)

    assert ready.status_code == 503
    assert all(reader.notifications == posted for reader in readers)
    assert back.connects == 1


async def test_a_user_who_is_not_staff_receives_nothing(cluster: Cluster) -> None:
    async with Staff(cluster.http_url, "alice") as alice:
        for topic in ("staff-instances", "staff-rooms", "user-1", "hub.control"):
            answer = await alice.look(topic)
            assert answer.status_code == 403, topic
            assert answer.json()["topics"] == [topic]


async def test_staff_who_manage_look_at_what_travels_to_a_person_once_the_audit_log_says_so(
    cluster: Cluster, site: Site, staff: Staff
) -> None:
    early = await staff.look("user-2")
    begun = await staff.post("/dashboard/tail/", person="alice")
    staff.listen("user-2", "group-1", "job-1")
    other = await staff.look("user-3")
    refused = await staff.look("hub.control")

    async def posted() -> bool:
        await site.notify("user:alice", "to alice")
        return bool(staff.of("notification"))

    async with asyncio.timeout(20):
        while not await posted():
            await asyncio.sleep(0.1)

    assert begun.status_code == 302
    assert (early.status_code, other.status_code, refused.status_code) == (403, 403, 403)
    assert staff.of("notification")[0]["title"] == "to alice"


async def test_a_user_who_is_no_longer_staff_receives_nothing_more(cluster: Cluster, staff: Staff) -> None:
    change = "from django.contrib.auth.models import User; u = User.objects.get(username='admin'); "
    staff.listen("staff-instances")
    await until(lambda: staff.of("instance"), "the instances")

    await asyncio.to_thread(cluster.manage, "shell", "-c", f"{change} u.is_staff = False; u.save()")
    try:
        await until(lambda: staff.refused, "the refusal")
    finally:
        await asyncio.to_thread(cluster.manage, "shell", "-c", f"{change} u.is_staff = True; u.save()")

    assert staff.refused[0] == 403


FORGE = """
from django.db import connection, transaction
from notifications.models import AuditEntry
AuditEntry.objects.create(actor="admin", act="send")
table = "hub_notifications_auditentry"
for change in (f"UPDATE {table} SET actor = 'bob'", f"DELETE FROM {table}"):
    try:
        with transaction.atomic():
            connection.cursor().execute(change)
    except Exception as error:
        print(str(error).splitlines()[0])
"""


async def test_what_was_done_is_neither_changed_nor_deleted_in_the_database(cluster: Cluster) -> None:
    output = await asyncio.to_thread(cluster.manage, "shell", "-v", "0", "-c", FORGE)

    assert output.splitlines() == ["the audit log is append-only"] * 2
