"""Answers of a chat, made in the shape of recorded completions: a chunk of OpenAI's API per line."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "answers"
QUESTIONS = {
    "resume": "How does a stream resume after a reload?",
    "stop": "Why does Stop so often not stop anything?",
    "transport": "SSE or WebSocket: which one do I need?",
}
THINKING_S, TOOL_S = 0.6, 1.0
TOKEN_S = (0.015, 0.06)
SENTENCE_S = 0.18  # in addition, after its end


class Part(NamedTuple):
    """An event of a run, and how long its producer waited before it."""

    pause_s: float
    type: str
    data: Any


def parts(name: str) -> Iterator[Part]:
    """The events of an answer at a natural pace, the same each time."""
    seeded = random.Random(name)  # noqa: S311
    yield Part(0, "phase", {"name": "Thinking"})
    phase = ""
    before = ""
    for delta in _deltas(name):
        for call in delta.get("tool_calls", ()):
            if phase != "Searching":
                phase = "Searching"
                yield Part(THINKING_S, "phase", {"name": phase})
            function = call["function"]
            begun = {"id": call["id"], "name": function["name"], "input": json.loads(function["arguments"])}
            yield Part(0, "tool", begun)
            yield Part(TOOL_S, "tool", {"id": call["id"], "name": function["name"], "output": {"found": 3}})
        if text := delta.get("content"):
            if phase != "Writing":
                phase = "Writing"
                yield Part(THINKING_S, "phase", {"name": phase})
            ended = re.search(r"[.:!?]$", before) is not None
            yield Part(seeded.uniform(*TOKEN_S) + (SENTENCE_S if ended else 0), "token", {"text": text})
            before = text


def closest(prompt: str) -> str:
    """The name of the answer whose question has most words of the prompt."""
    asked = _words(prompt)
    return max(QUESTIONS, key=lambda name: len(asked & _words(QUESTIONS[name])))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.lower()))


@cache
def _deltas(name: str) -> tuple[dict[str, Any], ...]:
    rows = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(choice["delta"] for row in rows for choice in json.loads(row)["choices"])
