"""Revoked means closed, on every instance.

Whatever may end a right (a logout, a deactivation, a lost group) says "ask again about this person"
on the control topic, and every instance that has them asks. Should that word be lost with the log,
a slow round asks about everybody.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from hub import topics
from hub.delivery.invalidations import EVERYBODY, Doubts
from hub.delivery.subscriber import Subscriber
from hub.events import Draft, Event, draft
from hub.ports import Person, Revoked

ROUND_S = 30.0
GATHER_S = 0.2  # a change of a group, or of many people, says it often
BATCH = 500
RETRY_S = 2.0
AWAY = 3  # people who could not be asked about one by one: it is not for them

logger = logging.getLogger(__name__)


def recheck(name: object) -> Draft:
    """The event that makes every instance ask again about a person (by id), about all whom a program (by
    `Person.key`) gave a token to, or about `EVERYBODY`."""
    return draft(topics.CONTROL, "recheck", {"person": str(name)})


class Revocation:
    def __init__(
        self, doors: Sequence[Iterable[Subscriber]], revoked: Revoked, doubts: Doubts | None = None
    ) -> None:
        self._doors = doors
        self._revoked = revoked
        self._doubts = doubts or Doubts()
        self._doubtful: set[str] = set()
        self._wake = asyncio.Event()
        self.failures = 0  # people who could not be asked about, each time

    @property
    def _subscribers(self) -> Iterator[Subscriber]:
        return chain(*self._doors)

    def tap(self, event: Event) -> None:
        if event.topic == topics.CONTROL and event.type == "recheck":
            self._doubt([json.loads(event.body)["data"]["person"]])

    def state(self, hearing: bool) -> None:
        """Whether the log is heard; what was said while it was not may be lost."""
        self._doubts.told = hearing
        if hearing:
            self._doubt([EVERYBODY])

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + _pause()
        while True:
            # The round has a time of its own: who wakes us does not put it off.
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            if loop.time() >= due:
                self._doubtful.add(EVERYBODY)
                due = loop.time() + _pause()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            doubtful, self._doubtful = self._doubtful, set()
            people = list({s.person for s in self._subscribers if _among(s.person, doubtful)})
            for start in range(0, len(people), BATCH):
                self._close(await self._ask(people[start : start + BATCH]))

    def _doubt(self, names: Iterable[str]) -> None:
        for name in names:
            self._doubts.add(name)
            self._doubtful.add(name)
        self._wake.set()

    async def _ask(self, people: list[Person]) -> dict[Person, bool]:
        try:
            return await self._revoked(people)
        except Exception:
            logger.exception("%d people could not be asked about together: each by itself", len(people))
        gone: dict[Person, bool] = {}
        failed: list[Person] = []
        for asked, person in enumerate(random.sample(people, len(people)), start=1):
            try:
                gone.update(await self._revoked([person]))
            except Exception:
                failed.append(person)
            if len(failed) == asked == min(AWAY, len(people)):
                # Nobody can be asked about now.
                asyncio.get_running_loop().call_later(RETRY_S, self._doubt, [p.id for p in people])
                break
        self.failures += len(failed)
        if failed:
            logger.error("%s could not be asked about", ", ".join(person.id for person in failed[:AWAY]))
        return gone

    def _close(self, gone: dict[Person, bool]) -> None:
        for subscriber in list(self._subscribers) if gone else ():
            if subscriber.person in gone:
                subscriber.revoke(retry=gone[subscriber.person])


def _among(person: Person, doubtful: Collection[str]) -> bool:
    return EVERYBODY in doubtful or person.id in doubtful or bool(person.key and person.key in doubtful)


def _pause() -> float:
    return ROUND_S * random.uniform(0.8, 1.2)  # noqa: S311
