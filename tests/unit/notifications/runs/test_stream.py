"""What a run's stream makes of the feed that carries it."""

from __future__ import annotations

import pytest

from notifications.runs.formats.events import BlockReader, RunEvent
from notifications.runs.stream import joined

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
