"""Who sends or reads as slowly as can be (slowhttptest) holds up nobody else."""

from __future__ import annotations

import asyncio
import re
import time

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

LASTS_S = 4
SLOW = 300
PATIENCE_S = 1.5  # of a healthy client; alone it waits some 20 ms
# Ten times: more than the kernel takes over for a reader that does not read.
LARGE = "/static/admin/js/vendor/jquery/jquery.js"
ATTACKS = {
    "headers": ["-H", "-i", "1", "-u", "{url}/accounts/login/"],
    "answers": ["-X", "-w", "1", "-y", "8", "-n", "1", "-z", "1", "-k", "10", "-u", "{url}" + LARGE],
}

COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@pytest.mark.alone
@pytest.mark.parametrize("kind", ATTACKS)
async def test_healthy_clients_are_unharmed(cluster: Cluster, site: Site, kind: str) -> None:
    reader = await site.reader("alice")
    connects = reader.connects
    attack = await asyncio.create_subprocess_exec(
        "slowhttptest",
        *(option.format(url=cluster.http_url) for option in ATTACKS[kind]),
        *("-c", str(SLOW), "-r", str(SLOW), "-l", str(LASTS_S)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = asyncio.create_task(attack.communicate())
    waits_s: list[float] = []

    try:
        while not output.done():
            since = time.monotonic()
            (row,) = await site.notify("user:alice", f"while slow {kind} come")
            await until(lambda id=row["id"]: id in reader.notifications, "the notification", PATIENCE_S)
            async with httpx.AsyncClient(timeout=PATIENCE_S) as newcomer:
                assert (await newcomer.get(f"{cluster.http_url}/livez")).status_code == 200
            waits_s.append(time.monotonic() - since)
            await asyncio.sleep(0.05)
    finally:
        report = COLOUR.sub("", (await output)[0].decode())
    held = [int(count) for count in re.findall(r"connected:\s+(\d+)", report)]
    print(f"{kind}: {max(held)} held, {len(waits_s)} requests, the slowest {max(waits_s):.3f} s")
    assert max(held) > SLOW / 2, report
    assert len(waits_s) > 5
    assert max(waits_s) < PATIENCE_S
    assert reader.connects == connects
