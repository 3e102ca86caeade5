"""Bodies of lines as strangers send them: each is appended as it is meant, or refused with what to do."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest

from hub.log import Log
from notifications.models import Run
from tests.unit.notifications.runs.bodies import Body, line, texts

pytestmark = pytest.mark.django_db(transaction=True)


async def test_ten_thousand_lines_come_in_one_body(live_log: Log, run: Run, key: str) -> None:
    wanted = [f"{n} " for n in range(10_000)]
    lines = b"\r\n".join(line(one).rstrip() for one in wanted)
    body = Body(run, key)
    body.put(b"\r\n\n  \r\n" + lines.replace(b"\r\n", b"\r\n\r\n", 100), more=False)

    status, answer = await body.answer()

    assert (status, answer["events"]) == (200, 10_000)
    assert [one async for one in every_text(live_log, run)] == wanted


async def every_text(log: Log, run: Run) -> AsyncIterator[str]:
    after = run.began_position
    while (page := await log.read({run.topic: after})).events:
        for event in page.events:
            yield event.data["text"]
        after = page.upto


async def test_a_body_that_is_compressed_is_refused(live_log: Log, run: Run, key: str) -> None:
    body = Body(run, key, more_headers=[(b"content-encoding", b"gzip")])
    body.put(gzip.compress(line("squeezed")), more=False)

    status, problem = await body.answer()

    assert (status, problem["detail"]) == (
        415,
        "Lines are read as they come: send them without Content-Encoding.",
    )


@pytest.mark.parametrize("said", ["", " ", "\u2028", "🙂", "\x1b[31m", "<script>", "\r\n", "ü" * 30_000])
async def test_any_text_is_a_token(live_log: Log, run: Run, key: str, said: str) -> None:
    body = Body(run, key)
    body.put(line(said), more=False)

    assert (await body.answer())[0] == 200
    assert await texts(live_log, run) == [said]


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        (line("\0"), 422, "U+0000"),
        (b'{"type": "token", "data": {"text": "\\ud800"}}\n', 422, "surrogate"),
        (b'{"type": "token", "data": {"text": "\xff"}}\n', 422, "UTF-8"),
        (line("x" * 1_000_000), 413, "bytes"),
        (b'{"type": "token", "data": {"text": NaN}}\n', 422, "NaN"),
        (b"[" * 100_000 + b"\n", 422, "levels"),
        (b'{"type": "token", "type": "phase", "data": 1}\n', 422, "twice"),
        (b"[]\n", 422, "JSON object"),
        (b"null\n", 422, "JSON object"),
        (b'{"type": 1, "data": 1}\n', 422, "JSON object"),
        (b'data: {"text": "x"}\n', 422, "Expecting value"),
        (b'{"type": "token"', 422, "Expecting"),
    ],
)
async def test_a_line_that_is_no_event_is_named_and_those_before_it_kept(
    live_log: Log, run: Run, key: str, sent: bytes, status: int, says: str
) -> None:
    body = Body(run, key)
    body.put(line("kept") + sent, more=False)

    found, problem = await body.answer()

    assert (found, problem["line"], problem["events"]) == (status, 2, 1), problem
    assert says in problem["detail"]
    assert await texts(live_log, run) == ["kept"]
