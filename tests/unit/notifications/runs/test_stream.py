"""What a run's stream makes of the feed that carries it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.events import Event, draft
from hub.feeds.sse import SSE
from hub.log.memory import MemoryLog
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import formats, text
from notifications.runs.formats.events import RunEvent, blocks, joined
from notifications.runs.stream import RunStream

FEED = (
    b"retry: 2417\nid: 5\nevent: stream-open\ndata: {}\n\n"
    b'id: 6\nevent: token\ndata: {"topic":"t","at":"x","data":{"text":"a\xc3\xa4"}}\n\n'
    b": heartbeat\n"
    b'id: 7\nevent: done\ndata: {"topic":"t","at":"x","data":{"outcome":null}}\n\n'
)
EVENTS = [
    b"retry: 2417\n",
    RunEvent.of("stream-open", {}, "5"),
    RunEvent.of("token", {"text": "aä"}, "6"),
    b": heartbeat\n",
    RunEvent.of("done", {"outcome": None}, "7"),
]


def test_the_blocks_of_a_feed_are_events_comments_and_retry() -> None:
    assert list(blocks(FEED)) == EVENTS


def test_consecutive_tokens_are_joined_under_the_id_of_the_last() -> None:
    replay = [
        RunEvent.of("token", {"text": "a"}, "1"),
        RunEvent.of("token", {"text": "b"}, "2"),
        RunEvent.of("tool", {"n": 1}, "3"),
        RunEvent.of("token", {"text": "c"}, "4"),
    ]

    assert list(joined(replay)) == [
        RunEvent.of("token", {"text": "ab"}, "2"),
        RunEvent.of("tool", {"n": 1}, "3"),
        RunEvent.of("token", {"text": "c"}, "4"),
    ]


@pytest.mark.django_db(transaction=True)
async def test_race_a_reader_whose_log_was_lost_waits_until_other_instances_have_stored_the_text(
    begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await in_thread(begin)
    log = MemoryLog(100, 3600)
    waits: list[float] = []

    async def store_meanwhile(delay_s: float) -> None:
        waits.append(delay_s)
        await run.parts.acreate(first=3, last=9, text="whole", tokens=2)

    monkeypatch.setattr(asyncio, "sleep", store_meanwhile)
    stream = RunStream(log, run, formats.by_name("", ""))
    stream.translate(SSE.live.payload)

    held = stream.translate(SSE.reset([run.topic], log.head(), "trimmed").payload)
    sent = await stream.complete()

    assert waits == [text.SETTLED_S]
    assert held.payload == b""
    assert b'event: token\ndata: {"text":"whole"}' in sent.payload


@pytest.mark.django_db(transaction=True)
async def test_race_tokens_of_the_whole_text_that_arrive_after_the_gap_are_not_repeated(
    begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await in_thread(begin)
    monkeypatch.setattr(text, "SETTLED_S", 0)
    await run.parts.acreate(first=3, last=9, text="whole", tokens=2)
    stream = RunStream(MemoryLog(100, 3600), run, formats.by_name("", ""))
    stream.translate(SSE.live.payload)
    stream.translate(SSE.reset([run.topic], 9, "trimmed").payload)
    await stream.complete()

    sent = [stream.translate(SSE.event(token(run, at, f"-{at}")).payload).payload for at in (9, 10)]

    assert sent == [b"", b'id: 10\nevent: token\ndata: {"text":"-10"}\n\n']


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("words", [["a", "b"], ['ä\n"\\', "🙂"], ["", "a"]])
def test_a_token_that_arrives_live_is_the_same_as_one_among_others(name: str, words: list[str]) -> None:
    run = Run()
    quick, slow = (RunStream(MemoryLog(100, 3600), run, formats.by_name(name, "id")) for _ in range(2))
    for stream in (quick, slow):
        stream.translate(SSE.live.payload)
    tokens = [SSE.event(token(run, at, word)) for at, word in enumerate(words, 2)]

    found = [quick.translate_chunk(one.framed) for one in tokens]

    assert found == [slow.translate(one.payload).framed for one in tokens]


@pytest.mark.parametrize("name", formats.FORMATS)
def test_what_is_no_token_or_several_is_not_translated_as_one(name: str) -> None:
    run = Run()
    stream = RunStream(MemoryLog(100, 3600), run, formats.by_name(name, "id"))
    stream.translate(SSE.live.payload)
    done = Event(4, 3, run.topic, "done", draft(run.topic, "done", {"outcome": None}).body)
    one = SSE.event(token(run, 2, "a")).payload
    phase = SSE.event(Event(1, 0, run.topic, "phase", draft(run.topic, "phase", {"name": "b"}).body)).payload
    tokens = b"".join(SSE.event(token(run, at, "a")).payload for at in (2, 3))

    assert stream.translate_chunk(SSE.event(done).framed) is None
    assert stream.translate_chunk(SSE.frame(tokens)) is None
    assert stream.translate_chunk(SSE.heartbeat.framed) is None
    for others in (phase, SSE.event(done).payload, SSE.heartbeat.payload):
        assert stream.translate_chunk(SSE.frame(others + one)) is None
        assert stream.translate_chunk(SSE.frame(one + others)) is None


def test_an_event_is_translated_once_for_all_readers() -> None:
    run = Run()
    readers = [RunStream(MemoryLog(100, 3600), run, formats.by_name("", "")) for _ in range(2)]
    for reader in readers:
        reader.translate(SSE.live.payload)
    chunk = SSE.event(token(run, 2, "a")).framed

    first, second = [reader.translate_chunk(chunk) for reader in readers]

    assert first is second


def test_the_trace_of_an_event_is_no_part_of_its_data() -> None:
    one = token(Run(), 2, "a")
    traced = replace(one, body=b'%b,"trace":"00-%b-%b-01"}' % (one.body[:-1], b"0" * 32, b"0" * 16))

    assert list(blocks(SSE.event(traced).payload)) == [RunEvent.of("token", {"text": "a"}, "2")]


def token(run: Run, position: int, text: str) -> Event:
    return Event(position, position - 1, run.topic, "token", draft(run.topic, "token", {"text": text}).body)
