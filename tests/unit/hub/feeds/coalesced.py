"""Policies that have events coalesced, and what a client received of these."""

from __future__ import annotations

from typing import Any

from hub.events import draft
from hub.policies.policy import TopicPolicy
from tests.unit.hub.feeds.conftest import Client, Desk

SOON_MS = 20
NEVER_MS = 3_600_000  # longer than a test lasts: what waits goes out for another reason
TILES = ("topic", "tiles")
TOKENS = ("topic", "tokens")
PLAIN = ("topic", "plain")


def policies(ms: int) -> list[TopicPolicy]:
    return [
        TopicPolicy("tiles", coalesce_ms=ms, coalesce="last"),
        TopicPolicy("tokens", coalesce_ms=ms, coalesce="join"),
    ]


def tell(desk: Desk, topic: str, *data: Any, key: str = "") -> list[int]:
    """Publish within one turn of the event loop, so that no tick comes in between."""
    return [desk.log.append([draft(topic, "tick", one, value_key=key)])[0] for one in data]


def received(client: Client) -> list[tuple[int, Any]]:
    return [(int(event.id), event.data["data"]) for event in client.events if event.type == "tick"]


async def until_received(client: Client, number: int) -> list[Any]:
    await client.until(lambda: len(received(client)) >= number)
    return [data for _, data in received(client)]
