"""The dialect of feeds: an event is encoded once, bare and as a chunk of HTTP/1.1."""

from __future__ import annotations

import pytest

from hub.events import Encoded, Event
from hub.feeds.sse import RETRY_MS, SSE, chunk, control


def test_an_event_has_its_position_its_type_and_its_body() -> None:
    encoded = SSE.event(Event(12, 11, "job-1", "progress", b'{"data":1}'))

    assert encoded.payload == b'id: 12\nevent: progress\ndata: {"data":1}\n\n'
    assert encoded.framed == b"%x\r\n%b\r\n" % (len(encoded.payload), encoded.payload)


def test_a_control_event_has_an_id_only_to_repeat_a_position() -> None:
    assert control("count", {"unread": 1}).payload == b'event: count\ndata: {"unread":1}\n\n'
    assert control("stream-open", {}, id=7).payload.startswith(b"id: 7\n")


def test_a_joined_replay_is_one_chunk() -> None:
    assert SSE.frame(b"abc") == chunk(b"abc") == b"3\r\nabc\r\n"


@pytest.mark.parametrize(
    ("encoded", "data"),
    [
        (SSE.slow, b'{"reason":"slow","retry":true}'),
        (SSE.expired, b'{"reason":"expired","retry":false}'),
        (SSE.revoked(retry=True), b'{"reason":"revoked","retry":true}'),
        (SSE.revoked(retry=False), b'{"reason":"revoked","retry":false}'),
    ],
)
def test_a_feed_ends_with_its_reason_and_whether_to_come_back(encoded: Encoded, data: bytes) -> None:
    assert encoded.payload == b"event: stream-error\ndata: %b\n\n" % data


def test_who_is_retired_comes_back_after_a_time_of_its_own() -> None:
    least, longest = RETRY_MS

    waits = {int(SSE.retired().payload.split(b'"retry":')[1].split(b"}")[0]) for _ in range(50)}

    assert len(waits) > 1
    assert all(least <= wait <= longest for wait in waits)
