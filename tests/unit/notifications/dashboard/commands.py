"""The commands that the dashboard published to instances."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hub import topics
from hub.log import Log


def commands(log: Log) -> list[tuple[str, dict[str, Any]]]:
    """The type and the data of each command in the log."""
    events = asyncio.run(log.read({topics.CONTROL: 0})).events
    published = [(event.type, json.loads(event.body)["data"]) for event in events]
    return [(type, data) for type, data in published if type in ("drain", "disconnect")]
