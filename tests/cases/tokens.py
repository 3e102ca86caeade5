"""The tokens of a language model's answer: recorded ones where they are beside the checkout, else made."""

from __future__ import annotations

import json
import random

from tests import ROOT

RECORDED = ROOT.parent / "shared" / "data" / "llm-openai-text.jsonl"

COUNT = 300
WORDS = (
    *("**", "Holiday", " Name", ":**", "\n\n", " the", " largest", "\u2028", " ", "", "é", " naïve", " 日本"),
    *(
        '"',
        "\\",
        "\\n",
        "</script>",
        "```",
        "data: ",
        "\r\n",
        "👩‍👩‍👧",
        "🎉",
        '","data":',
        '"}',
        "id: 7",
        "{",
    ),
)


def answer() -> list[str]:
    """One answer, token by token."""
    if not RECORDED.exists():
        return random.Random(1).choices(WORDS, k=COUNT)
    chunks = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
