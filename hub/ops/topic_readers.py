"""How many feeds are open on a topic, over all instances.

The instance that wants to know asks those that receive the topic, on the control topic, and they answer
there. Topics that are asked about at the same time share a question, and an answer is kept for a moment.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from hub import topics as names
from hub.delivery.fanout import Fanout
from hub.events import draft
from hub.log import Log
from hub.support.coalesce import BatchLoader
from hub.support.threads import in_thread

ANSWER_S = 0.5  # an instance that has not answered by then has no readers
KEPT_S = 1.0
MAX_KEPT = 1000
MAX_TOPICS_ASKED = 100  # in one event
TIMEOUT_S = 5.0  # of a thread that waits

ASK, ANSWER = "count-readers", "readers"


class TopicReaders:
    """Counts the readers of topics, and answers other instances that do."""

    def __init__(self, log: Log, fanout: Fanout, *, instance: str) -> None:
        self._log = log
        self._topics = fanout.topics
        self._instance = instance
        self._loader = BatchLoader(self._load)
        self._kept: dict[str, tuple[float, int]] = {}  # by topic: until when, and the count
        self._questions: dict[str, _Question] = {}
        self._answering: set[asyncio.Task[Any]] = set()
        fanout.control.on(ASK, self._asked)
        fanout.control.on(ANSWER, self._answered)

    async def run(self) -> None:
        """Serve `count` of this module until cancelled."""
        global _serving
        _serving = self, asyncio.get_running_loop()
        try:
            await asyncio.Event().wait()
        finally:
            _serving = None

    async def count(self, topic: str) -> int:
        """How many feeds are open on it now, or were a moment ago. Raises `LogAway`."""
        until, count = self._kept.get(topic, (0.0, 0))
        return count if until > time.monotonic() else await self._loader.get(topic)

    async def _load(self, topics: Sequence[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for start in range(0, len(topics), MAX_TOPICS_ASKED):
            counts |= await self._ask(topics[start : start + MAX_TOPICS_ASKED])
        if len(self._kept) + len(counts) > MAX_KEPT:
            self._kept.clear()
        until = time.monotonic() + KEPT_S
        self._kept |= {topic: (until, count) for topic, count in counts.items()}
        return counts

    async def _ask(self, topics: Sequence[str]) -> dict[str, int]:
        received = await in_thread(self._log.measures.instances, topics)
        others = {
            topic: number - self._is_received(topic)
            for topic, number in zip(topics, received, strict=True)
            if number > self._is_received(topic)
        }
        counts = {topic: self._here(topic) for topic in topics}
        if others:
            with self._question(others) as (id, question):
                data = {"id": id, "instance": self._instance, "topics": list(others)}
                await self._log.append_if([draft(names.CONTROL, ASK, data)])
                with suppress(TimeoutError):
                    async with asyncio.timeout(ANSWER_S):
                        await question.complete.wait()
            for answer in question.answers.values():
                for topic, count in answer.items():
                    counts[topic] += count
        return counts

    @contextmanager
    def _question(self, others: dict[str, int]) -> Iterator[tuple[str, _Question]]:
        id = secrets.token_hex(8)
        self._questions[id] = _Question(others)
        try:
            yield id, self._questions[id]
        finally:
            del self._questions[id]

    def _asked(self, data: dict[str, Any]) -> None:
        """An instance asks. Raises for what is no question."""
        if data["instance"] == self._instance:
            return
        counts = {names.check(topic): self._here(topic) for topic in data["topics"][:MAX_TOPICS_ASKED]}
        readers = {topic: count for topic, count in counts.items() if self._is_received(topic)}
        if readers:
            answer = {"id": str(data["id"])[:40], "instance": self._instance, "readers": readers}
            task = asyncio.create_task(self._answer(answer))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, answer: dict[str, Any]) -> None:
        with suppress(Exception):  # who asks does without
            await self._log.append_if([draft(names.CONTROL, ANSWER, answer)])

    def _answered(self, data: dict[str, Any]) -> None:
        question = self._questions.get(data["id"])
        if question is not None:
            readers = {topic: int(count) for topic, count in data["readers"].items()}
            question.add(str(data["instance"]), readers)

    def _here(self, topic: str) -> int:
        return len(self._topics.get(topic, ()))

    def _is_received(self, topic: str) -> bool:
        """Whether this process is subscribed to the topic."""
        state = self._topics.get(topic)
        return state is not None and state.verified is not None


class _Question:
    """``missing`` is how many instances have yet to answer, by topic."""

    def __init__(self, missing: dict[str, int]) -> None:
        self.missing = dict(missing)
        self.answers: dict[str, dict[str, int]] = {}  # by instance: readers by topic
        self.complete = asyncio.Event()

    def add(self, instance: str, readers: dict[str, int]) -> None:
        readers = {topic: count for topic, count in readers.items() if topic in self.missing}
        if instance in self.answers:
            return
        self.answers[instance] = readers
        for topic in readers:
            self.missing[topic] -= 1
        if all(number <= 0 for number in self.missing.values()):
            self.complete.set()


_serving: tuple[TopicReaders, asyncio.AbstractEventLoop] | None = None


def count(topic: str) -> int | None:
    """The readers of a topic, from a thread of a process that serves; None in any other. Raises `LogAway`."""
    if _serving is None:
        return None
    readers, loop = _serving
    return asyncio.run_coroutine_threadsafe(readers.count(topic), loop).result(TIMEOUT_S)
