"""The driver of `hub_client.AsyncHub`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from hub_client import AsyncHub, HubError
from tests.system.conformance.drivers.report import failure, report

options = json.loads(sys.argv[1])
pauses: list[float] = []


async def command(feed: Any) -> None:
    while row := await asyncio.to_thread(sys.stdin.readline):
        given = json.loads(row)
        if "pause" in given:
            pauses.append(given["pause"])
        else:
            await feed.change(add=given.get("add", ()), remove=given.get("remove", ()))
    os._exit(0)


async def main() -> None:
    async with AsyncHub(options["url"]) as hub:
        feed = hub.subscribe(options["topics"], options["last_event_id"], token=options["token"], own=False)
        commands = asyncio.create_task(command(feed))
        try:
            async for message in feed:
                report(message)
                if pauses:
                    await asyncio.sleep(pauses.pop())
        except HubError as error:
            failure(error)
        commands.cancel()
    os._exit(0)  # a thread may still wait for a command


asyncio.run(main())
