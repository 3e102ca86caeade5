from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site

PROGRAM = Path(__file__).parent / "programs" / "feeds.mjs"
FEEDS = 200  # of a page; nginx's own limit is 128, HAProxy's 100
MAX_AGE_S = 10
SHUTDOWN_S = 14


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two instances whose streams grow old soon, behind an nginx whose old workers go soon after."""
    environment = {"HUB_MAX_AGE_S": str(MAX_AGE_S), "HUB_HEARTBEAT_S": "1"}
    # One person reads here for many.
    environment["HUB_MAX_CONNECTIONS_PER_USER"] = "1000"
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=environment)
    cluster.nginx.values["HUB_SHUTDOWN_TIMEOUT"] = f"{SHUTDOWN_S}s"
    with cluster:
        yield cluster


async def open_over_http2(site: Site, url: str) -> Any:
    """Open `FEEDS` on one connection and ask for a count: how many were live then, and its status."""
    command = ["node", str(PROGRAM), url, str(FEEDS), await site.token("alice")]
    program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        output, _ = await asyncio.wait_for(program.communicate(), 30)
    finally:
        if program.returncode is None:
            program.kill()
    return json.loads(output)
