"""One connection of HTTP/2 carries all feeds of a page, and its other requests beside them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.cluster import Cluster
from tests.system.conftest import Site

PROGRAM = Path(__file__).parent / "programs" / "feeds.mjs"
FEEDS = 200  # nginx's own limit is 128
PEOPLE = ("alice", "bob", "carol", "admin")  # fifty feeds each, the limit of a person


async def test_two_hundred_feeds_are_live_and_a_request_beside_them_is_answered(
    cluster: Cluster, site: Site
) -> None:
    tokens = [await site.token(person) for person in PEOPLE]

    program = await asyncio.create_subprocess_exec(
        *("node", str(PROGRAM), cluster.https_url, str(FEEDS), *tokens), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(program.communicate(), 30)
    finally:
        if program.returncode is None:
            program.kill()

    assert json.loads(output) == {"open": FEEDS, "status": 200}
