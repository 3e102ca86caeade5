"""What the dashboard had the instances told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hub import topics
from hub.log import Log


def orders(log: Log) -> list[tuple[str, dict[str, Any]]]:
    """Each order in the log: its type and its data."""
    events = asyncio.run(log.read({topics.CONTROL: 0})).events
    told = [(event.type, json.loads(event.body)["data"]) for event in events]
    return [(type, data) for type, data in told if type in ("drain", "disconnect")]
