"""A producer in a process of its own, which serves nothing."""

from __future__ import annotations

import asyncio

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.runs.producers import ProducerProcess
from tests.system.runs.streams import RunReader

ENDLESS = """
from notifications import run
with run("alice", title="endless") as one:
    for n in range(100_000):
        one.token(f"{n} ")
        __import__("time").sleep(0.01)
print("stopped" if one.stopped else "at its end")
"""


async def test_a_stop_at_an_instance_ends_a_task_elsewhere(cluster: Cluster, site: Site) -> None:
    token = await site.token("alice")
    headers = {"Authorization": f"Bearer {token}"}
    producing = asyncio.create_task(asyncio.to_thread(cluster.manage, "shell", "-v0", "-c", ENDLESS))
    run = await begun(site, "endless")
    reader = RunReader([cluster.instances[1].url], run, headers)
    reading = asyncio.create_task(reader.read())
    await until(lambda: reader.tokens > 20, "some tokens")

    await site.api.post(f"{cluster.instances[2].url}/api/v1/runs/{run}/stop", headers=headers)

    assert (await asyncio.wait_for(producing, 60)).strip() == "stopped"
    await asyncio.wait_for(reading, 60)
    assert reader.end == "stopped"
    assert reader.text == "".join(f"{n} " for n in range(reader.text.count(" ")))


async def begun(site: Site, title: str) -> str:
    """The id of the run with this title, once there is one."""
    async with asyncio.timeout(30):
        while True:
            found = (await site.api.get("/api/v1/runs?user=alice")).json()["runs"]
            ids = [run["run"] for run in found if run["title"] == title]
            if ids:
                return str(ids[0])
            await asyncio.sleep(0.1)


KILLED = """
from notifications import run
with run("alice", title="killed", lease_s=2) as one:
    print(one.id, flush=True)
    for n in range(100_000):
        one.token(f"{n} ")
        __import__("time").sleep(0.01)
"""


async def test_a_process_that_is_killed_leaves_a_lost_run_which_readers_at_every_instance_are_told(
    cluster: Cluster, site: Site
) -> None:
    process = ProducerProcess(cluster, KILLED)
    run = await process.row()
    headers = {"Authorization": f"Bearer {await site.token('alice')}"}
    readers = [RunReader([instance.url], run, headers) for instance in cluster.instances]
    reading = asyncio.gather(*[reader.read() for reader in readers])
    await until(lambda: all(reader.tokens > 20 for reader in readers), "some tokens")

    process.kill()

    await asyncio.wait_for(reading, 2 + 10)
    (text,) = {reader.text for reader in readers}
    assert [reader.end for reader in readers] == ["lost"] * 3
    assert text == "".join(f"{n} " for n in range(text.count(" ")))
    found = (await site.api.get(f"/api/v1/runs/{run}?user=alice")).json()
    assert (found["state"], found["text"]) == ("lost", text)
