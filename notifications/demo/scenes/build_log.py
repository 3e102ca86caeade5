"""The output of a made build: 10,000 lines in half a minute."""

from __future__ import annotations

import random
from collections.abc import Iterator

from notifications.demo.scenes.scene import Publication, Scene, Step

LENGTH = 10_000  # lines of text
PER_STEP = 25
PARTS = ("core", "delivery", "feeds", "log", "rooms", "server", "support", "ops", "doctor", "sending")
WORDS = ("cache", "queue", "buffer", "parser", "socket", "timer", "schema", "router", "ledger", "codec")
TESTS = ("keeps the order", "is sent once", "survives a restart", "is refused", "resumes", "is bounded")


def texts(seed: int) -> Iterator[str]:
    """The lines of a run."""
    chance = random.Random(seed)  # noqa: S311
    compiled = LENGTH * 6 // 10
    for number in range(1, LENGTH + 1):
        if number <= compiled:
            part, word = chance.choice(PARTS), chance.choice(WORDS)
            text = f"compile  src/{part}/{word}_{number:05d}.c  {chance.randint(8, 950)} ms"
            if chance.random() < 0.01:
                where = f"src/{part}/{word}_{number:05d}.c:{chance.randint(1, 400)}"
                text = f"warning  {where}: unused variable '{word}'"
        elif number == LENGTH:
            text = f"done     {LENGTH - compiled - 1} tests passed, build {seed + 1} is ready"
        else:
            text = f"test     {chance.choice(PARTS)}: a {chance.choice(WORDS)} {chance.choice(TESTS)} ... ok"
        yield text


def _play(seed: int) -> Iterator[Step]:
    built = list(texts(seed))
    for start in range(0, LENGTH, PER_STEP):
        yield tuple(Publication("line", {"text": f"{text}\n"}) for text in built[start : start + PER_STEP])


BUILD_LOG_SCENE = Scene(
    pattern="demo-build",
    policy={
        "history": {"events": LENGTH + 10, "seconds": 86_400, "bytes": 4_000_000},
        "coalesce_ms": 100,
        "coalesce": "join",
        "read": ["everyone"],
    },
    interval_s=0.06,
    play=_play,
    once=True,
)
