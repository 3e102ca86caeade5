"""A producer in a process of its own, which serves nothing."""

from __future__ import annotations

import asyncio

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until
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

    assert (await asyncio.wait_for(producing, 20)).strip() == "stopped"
    await asyncio.wait_for(reading, 10)
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
