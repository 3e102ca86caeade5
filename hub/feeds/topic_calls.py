"""Calls that change the topics of open feeds, passed on to the instance that holds the feed.

They and their answers are events of the control topic. A call that no one answers in time may still have been
applied: what a feed carries is what its last ``stream-topics`` says.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.errors import Problem
from hub.events import draft
from hub.feeds.feed_ids import FeedId
from hub.feeds.topic_changes import TopicChanges
from hub.log import Log
from hub.support import outages

ANSWER_S = 3.0  # longer than an instance takes for a change
MAX_SKEW_S = 30.0  # between the clocks of instances: a call received later than that was given up
MAX_CALLS = 1000  # of others that are applied here at once; those beyond it are not answered

CALL, ANSWER = "feed-topics", "feed-topics-answer"

logger = logging.getLogger(__name__)


class TopicCalls:
    """Has feeds changed, wherever they are held; ``process`` is the name of this process in ids of feeds."""

    def __init__(self, log: Log, control: ControlBus, changes: TopicChanges, process: str) -> None:
        self._log = log
        self._changes = changes
        self._process = process
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Sequence[str]]] = {}  # by number of the call
        self._tasks: set[asyncio.Task[None]] = set()
        control.on(CALL, self._called)
        control.on(ANSWER, self._answered)

    async def change(self, feed: FeedId, add: Sequence[str], remove: Sequence[str]) -> Sequence[str]:
        """The topics of the feed after the change; raise a `Problem`, and nothing else."""
        try:
            if feed.process == self._process:
                return await self._changes.apply(feed.number, add, remove)
            return await self._elsewhere(feed, add, remove)
        except Problem:
            raise
        except Exception as error:
            raise outages.problem(error, "changing the topics of a feed") from error

    async def _elsewhere(self, feed: FeedId, add: Sequence[str], remove: Sequence[str]) -> Sequence[str]:
        number = next(self._numbers)
        call = {
            "process": feed.process,
            "feed": feed.number,
            "add": add,
            "remove": remove,
            "until": time.time() + ANSWER_S,
            "from": self._process,
            "call": number,
        }
        answer: asyncio.Future[Sequence[str]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            await self._log.append_if([draft(topics.CONTROL, CALL, call)])
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            raise Problem(
                503,
                "The instance that holds this feed does not answer. If the feed has ended, open one with the "
                "topics that you want, from your last position; else try again in a moment.",
                retry_after=1,
            ) from None
        finally:
            del self._answers[number]

    def _called(self, call: Mapping[str, Any]) -> None:
        late = time.time() > call["until"] + MAX_SKEW_S
        if call["process"] != self._process or late or len(self._tasks) >= MAX_CALLS:
            return
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, call: Mapping[str, Any]) -> None:
        answer: dict[str, Any] = {"process": call["from"], "call": call["call"]}
        try:
            feed = FeedId(self._process, call["feed"], "")
            answer["topics"] = await self.change(feed, call["add"], call["remove"])
        except Problem as problem:
            answer["problem"] = {"status": problem.status, "detail": problem.detail, **problem.members}
            if "Retry-After" in problem.headers:
                answer["problem"]["retry_after"] = int(problem.headers["Retry-After"])
        try:
            await self._log.append_if([draft(topics.CONTROL, ANSWER, answer)])
        except Exception as error:
            logger.info("a change of the topics of feed %d was not answered: %r", call["feed"], error)

    def _answered(self, answer: Mapping[str, Any]) -> None:
        if answer["process"] != self._process:
            return
        waiting = self._answers.get(answer["call"])
        if waiting is None or waiting.done():
            return
        if "problem" in answer:
            waiting.set_exception(Problem(**answer["problem"]))
        else:
            waiting.set_result(answer["topics"])
