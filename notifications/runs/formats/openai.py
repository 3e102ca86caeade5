"""Chunks of a chat completion, as OpenAI's API streams them and its clients read them."""

from __future__ import annotations

import time

from notifications.runs.formats.events import RunEvent
from notifications.runs.formats.text_format import TextFormat


class OpenAiFormat(TextFormat):
    """One choice. The protocol has the text, and how it ended, and no other events."""

    def begin(self) -> list[object]:
        return [self._chunk({"role": "assistant", "content": ""})]

    def text(self, text: bytes) -> bytes:
        return (
            b'{"id":"%b","object":"chat.completion.chunk","created":%d,"model":"run",'
            b'"choices":[{"index":0,"delta":{"content":%b},"finish_reason":null}]}'
        ) % (self.run.encode(), time.time(), text)

    def other(self, event: RunEvent) -> list[object]:
        match event.type:
            case "done" | "stopped":
                return [self._chunk({}, "stop")]
            case "error":
                return [_error(event.data["detail"] or "The run failed.")]
            case "lost":
                return [_error("The run was lost.")]
        return []

    def _chunk(self, delta: dict[str, str], finish: str | None = None) -> object:
        return {
            "id": self.run,
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": "run",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }


def _error(message: str) -> object:
    return {"error": {"message": message, "type": "run_error", "param": None, "code": None}}
