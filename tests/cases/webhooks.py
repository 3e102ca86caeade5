"""GitHub webhooks, made: the same everywhere. `WEBHOOKS` may name a file of recorded ones beside them."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

Json = dict[str, Any]

COUNT = 273
TOO_LARGE = 70_000  # characters, for an event
RECORDED = os.environ.get("WEBHOOKS", "")

KINDS: dict[str, tuple[str, ...]] = {
    "issues": ("opened", "closed", "labeled", "reopened"),
    "pull_request": ("opened", "synchronize", "closed", "review_requested"),
    "issue_comment": ("created", "edited", "deleted"),
    "release": ("published", "prereleased"),
    "check_run": ("created", "completed"),
    "workflow_job": ("queued", "completed"),
    "code_scanning_alert": ("created", "fixed"),
    "discussion": ("created", "answered"),
    "star": ("created", "deleted"),
    "member": ("added", "removed"),
    "push": ("",),
}
REPOSITORIES = (
    *("Hello-World", "Octocoders", "octo-repo", "Codertocat", "hello-world", "réseau", "通知", "a.b~c_d"),
    *("with space", "x" * 100, "under_score", "7", "UPPER", "-", ".github", "emoji-🚀"),
)
BUSY = [40, *(1 for _ in REPOSITORIES[1:])]  # most come from one
WORDS = (
    *(
        "build",
        "fails",
        "after",
        "the",
        "upgrade",
        "again",
        "naïve",
        "Größe",
        "日本語",
        "שלום",
        "مرحبا",
        "🚀",
    ),
    *(
        "👩‍👩‍👧",
        "e\u0301",
        "<b>",
        "&amp;",
        "--",
        "`x`",
        "\u2028",
        "\u202e",
        "NULL",
        "'",
        '"',
        "\\",
        "\\u0000",
    ),
)
CONCLUSIONS = ("success", "failure", "timed_out", "action_required", None)


def made(count: int = COUNT, seed: int = 1) -> list[Json]:
    """``count`` of `{"event", "action", "payload"}`, 4 kB to 30 kB each and a few too large for an event."""
    draw = random.Random(seed)
    return [_webhook(draw, number) for number in range(count)]


def sources() -> dict[str, list[Json]]:
    """By name: what is made, and what was recorded where a file of it is named."""
    found = {"made": made()}
    if RECORDED:
        lines = Path(RECORDED).read_text(encoding="utf-8").splitlines()
        found["recorded"] = [json.loads(line) for line in lines]
    return found


def _webhook(draw: random.Random, number: int) -> Json:
    event = draw.choice(list(KINDS))
    action = draw.choice(KINDS[event])
    repository = draw.choices(REPOSITORIES, BUSY)[0]
    site = f"https://github.example/{number}"
    subject: Json = {
        "id": draw.getrandbits(40),
        "number": number + 1,
        "html_url": f"{site}/of/{draw.getrandbits(24)}",
        "title": _text(draw, 8),
        "body": draw.choice((None, "", _text(draw, 12), "\n\n".join(_text(draw, 40) for _ in range(12)))),
        "conclusion": draw.choice(CONCLUSIONS),
        "state": draw.choice(("open", "closed")),
        "user": _person(draw),
        "labels": [{"name": _text(draw, 2), "color": f"{draw.getrandbits(24):06x}"} for _ in range(3)],
        "nested": _deep(draw, 12),
        "urls": _urls(draw, site, draw.choice((8, 60, 240))),
    }
    payload: Json = {
        "repository": {"name": repository, "html_url": site, "private": False, "urls": _urls(draw, site, 40)},
        "sender": _person(draw),
    }
    if event == "push":
        payload |= {"ref": "refs/heads/main", "head_commit": subject}
    else:
        payload |= {"action": action, event.removesuffix("s"): subject}
    if number % 90 == 89:
        payload["diff"] = "+" * TOO_LARGE
    return {"event": event, "action": action or "payload", "payload": payload}


def _text(draw: random.Random, words: int) -> str:
    return draw.choice((" ", "\n", "\r\n", "\t")).join(draw.choices(WORDS, k=words))


def _person(draw: random.Random) -> Json:
    return {"login": f"octocat-{draw.getrandbits(8)}", "id": draw.getrandbits(32), "site_admin": False}


def _deep(draw: random.Random, levels: int) -> Json:
    inner: Json = {"score": draw.random(), "none": None, "list": [1, -1, 1e-9, 2**53 - 1, ""]}
    for level in range(levels):
        inner = {f"level-{level}": inner}
    return inner


def _urls(draw: random.Random, site: str, count: int) -> Json:
    return {f"url_{n}": f"{site}/{draw.getrandbits(64):x}{{/number}}" for n in range(count)}
