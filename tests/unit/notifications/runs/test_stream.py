"""What a run's stream makes of the feed that carries it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from hub.log.memory import MemoryLog
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import formats, text
from notifications.runs.formats.events import BlockReader, RunEvent
from notifications.runs.stream import RunStream, joined

FEED = (
    b"retry: 2417\nid: 5\nevent: stream-open\ndata: {}\n\n"
    b'id: 6\nevent: token\ndata: {"topic":"t","at":"x","data":{"text":"a\xc3\xa4"}}\n\n'
    b": heartbeat\n"
    b'id: 7\nevent: done\ndata: {"topic":"t","at":"x","data":{"outcome":null}}\n\n'
)
EVENTS = [
    b"retry: 2417\n",
    RunEvent("stream-open", {}, "5"),
    RunEvent("token", {"text": "aä"}, "6"),
    b": heartbeat\n",
    RunEvent("done", {"outcome": None}, "7"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, len(FEED)])
def test_blocks_are_found_wherever_the_bytes_are_cut(size: int) -> None:
    reader = BlockReader()

    found = [block for at in range(0, len(FEED), size) for block in reader.feed(FEED[at : at + size])]

    assert found == EVENTS


def test_consecutive_tokens_are_joined_under_the_id_of_the_last() -> None:
    replay = [
        RunEvent("token", {"text": "a"}, "1"),
        RunEvent("token", {"text": "b"}, "2"),
        RunEvent("tool", {"n": 1}, "3"),
        RunEvent("token", {"text": "c"}, "4"),
    ]

    assert list(joined(replay)) == [
        RunEvent("token", {"text": "ab"}, "2"),
        RunEvent("tool", {"n": 1}, "3"),
        RunEvent("token", {"text": "c"}, "4"),
    ]


@pytest.mark.django_db(transaction=True)
async def test_race_a_reader_whose_log_was_lost_waits_until_other_instances_have_stored_the_text(
    begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await in_thread(begin)
    log = MemoryLog(100, 3600)
    waits: list[float] = []
    sent: list[bytes] = []

    async def store_meanwhile(delay_s: float) -> None:
        waits.append(delay_s)
        await run.parts.acreate(first=3, last=9, text="whole", tokens=2)

    async def lost_feed(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        reset = {"topics": [run.topic], "position": str(log.head())}
        for type, data in [("stream-live", {}), ("stream-reset", reset)]:
            block = f"id: 50\nevent: {type}\ndata: {json.dumps(data)}\n\n"
            await send({"type": "http.response.body", "body": block.encode(), "more_body": True})

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    stream = RunStream(log, run, formats.by_name("", ""), None)
    monkeypatch.setattr(asyncio, "sleep", store_meanwhile)
    await stream(lost_feed, {"headers": [], "extensions": {}}, "", asyncio.Event().wait, send)  # type: ignore[arg-type]

    assert waits == [text.SETTLED_S]
    assert b'event: token\ndata: {"text":"whole"}' in b"".join(sent)
