"""The stream of a run in the protocols of others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ag_ui.core import Event as AgUiEvent
from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter

from notifications.runs.formats import FORMATS, Format
from notifications.runs.formats.events import RunEvent

RUN = "0198c0de-0000-7000-8000-000000000001"
ENDS = {
    "done": {"outcome": {"n": 1}},
    "stopped": {"by": "alice"},
    "error": {"detail": "no model"},
    "lost": {"lease_s": 15},
}


def told(format: Format, *events: RunEvent) -> list[Any]:
    """The JSON of what a reader is sent."""
    sent = b"".join([*(format.encode(event) for event in events), format.end()])
    blocks = [block for block in sent.decode().split("\n\n") if block]
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return [block if block == "data: [DONE]" else json.loads(block[6:]) for block in blocks]


def run(end: str = "done") -> list[RunEvent]:
    return [
        RunEvent.of("stream-open", {}, "1"),
        RunEvent.of("phase", {"name": "writing"}, "2"),
        RunEvent.of("token", {"text": "Hello, "}, "3"),
        RunEvent.of("token", {"text": "wörld\n"}, "4"),
        RunEvent.of("stream-live", {}),
        RunEvent.of("tool", {"name": "search"}, "5"),
        RunEvent.of("token", {"text": "!"}, "6"),
        RunEvent.of(end, ENDS[end], "7"),
    ]


def test_the_ai_sdk_is_told_of_one_message_with_its_parts() -> None:
    found = told(FORMATS["ai-sdk"](RUN), *run())

    assert found == [
        {"type": "start", "messageId": RUN},
        {"type": "data-phase", "data": {"name": "writing"}},
        {"type": "text-start", "id": "1"},
        {"type": "text-delta", "id": "1", "delta": "Hello, "},
        {"type": "text-delta", "id": "1", "delta": "wörld\n"},
        {"type": "text-end", "id": "1"},
        {"type": "data-tool", "data": {"name": "search"}},
        {"type": "text-start", "id": "2"},
        {"type": "text-delta", "id": "2", "delta": "!"},
        {"type": "text-end", "id": "2"},
        {"type": "finish"},
        "data: [DONE]",
    ]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("stopped", {"type": "abort"}),
        ("error", {"type": "error", "errorText": "no model"}),
        ("lost", {"type": "error", "errorText": "The run was lost."}),
    ],
)
def test_the_ai_sdk_is_told_how_it_ended(end: str, last: object) -> None:
    assert told(FORMATS["ai-sdk"](RUN), *run(end))[-2] == last


@pytest.mark.parametrize("end", ["done", "stopped"])
def test_openais_clients_read_chunks(end: str) -> None:
    *chunks, done = told(FORMATS["openai"](RUN), *run(end))

    read = [ChatCompletionChunk.model_validate(chunk, strict=True) for chunk in chunks]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in read) == "Hello, wörld\n!"
    assert [chunk.choices[0].finish_reason for chunk in read[-2:]] == [None, "stop"]
    assert done == "data: [DONE]"


@pytest.mark.parametrize(("end", "message"), [("error", "no model"), ("lost", "The run was lost.")])
def test_openais_clients_are_told_of_a_failure(end: str, message: str) -> None:
    *_, failure, _ = told(FORMATS["openai"](RUN), *run(end))

    assert failure["error"]["message"] == message


@pytest.mark.parametrize(
    ("end", "last"),
    [("done", "RUN_FINISHED"), ("stopped", "RUN_FINISHED"), ("error", "RUN_ERROR"), ("lost", "RUN_ERROR")],
)
def test_ag_ui_has_each_thing_begun_and_ended(end: str, last: str) -> None:
    found = told(FORMATS["ag-ui"](RUN), *run(end))

    for event in found:
        TypeAdapter(AgUiEvent).validate_python(event)
    message = ["TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"]
    assert [event["type"] for event in found] == [
        "RUN_STARTED",
        "STEP_STARTED",
        *message,
        "CUSTOM",
        message[0],
        message[1],
        message[3],
        "STEP_FINISHED",
        last,
    ]


@pytest.mark.parametrize("name", ["ai-sdk", "openai", "ag-ui"])
def test_after_a_gap_only_what_is_new_of_the_whole_text_is_sent(name: str) -> None:
    format = FORMATS[name](RUN)
    told(format, RunEvent.of("token", {"text": "Hello, "}, "1"))

    sent = told(
        format,
        RunEvent.of("stream-reset", {"position": "9"}),
        RunEvent.of("token", {"text": "Hello, world"}, "9"),
    )

    assert "world" in json.dumps(sent)
    assert "Hello" not in json.dumps(sent)
