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
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from hub import topics
from hub.events import Draft, Event, draft
from hub.people import Revoked
from hub.subscriber import Subscriber

ROUND_S = 30.0
GATHER_S = 0.2  # a logout says it before its session's row is gone; a group's change says it often
BATCH = 500

logger = logging.getLogger(__name__)


EVERYBODY = "*"


def recheck(person: object) -> Draft:
    """The event that makes every instance ask again about a person (by id), or `EVERYBODY`."""
    return draft(topics.CONTROL, "recheck", {"person": str(person)})


class Revocation:
    def __init__(self, doors: Sequence[Iterable[Subscriber]], revoked: Revoked) -> None:
        self._doors = doors
        self._revoked = revoked
        self._doubtful: set[str] = set()
        self._wake = asyncio.Event()

    @property
    def _subscribers(self) -> Iterator[Subscriber]:
        return chain(*self._doors)

    def tap(self, event: Event) -> None:
        if event.topic == topics.CONTROL and event.type == "recheck":
            person = json.loads(event.body)["data"]["person"]
            if person == EVERYBODY:
                self._doubt_all()
            else:
                self._doubtful.add(person)
            self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ROUND_S * random.uniform(0.8, 1.2)):  # noqa: S311
                    await self._wake.wait()
            except TimeoutError:
                self._doubt_all()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            doubtful, self._doubtful = self._doubtful, set()
            people = list({s.person for s in self._subscribers if s.person.id in doubtful})
            for start in range(0, len(people), BATCH):
                try:
                    gone = await self._revoked(people[start : start + BATCH])
                except Exception:
                    logger.exception("who may still be here could not be asked; the next round will")
                    continue
                for subscriber in self._subscribers:
                    if subscriber.person in gone:
                        subscriber.revoke(retry=gone[subscriber.person])

    def _doubt_all(self) -> None:
        self._doubtful.update(subscriber.person.id for subscriber in self._subscribers)
