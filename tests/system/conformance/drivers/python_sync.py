"""The driver of `hub_client.Hub`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from hub_client import Hub as Client
from hub_client import HubError
from tests.system.conformance.drivers.report import failure, report

options = json.loads(sys.argv[1])
pauses: list[float] = []


def command(feed: Any) -> None:
    for row in sys.stdin:
        given = json.loads(row)
        if "pause" in given:
            pauses.append(given["pause"])
        else:
            feed.change(add=given.get("add", ()), remove=given.get("remove", ()))
    os._exit(0)


with Client(options["url"]) as hub:
    feed = hub.subscribe(options["topics"], options["last_event_id"], token=options["token"], own=False)
    threading.Thread(target=command, args=[feed], daemon=True).start()
    try:
        for message in feed:
            report(message)
            if pauses:
                time.sleep(pauses.pop())
    except HubError as error:
        failure(error)
