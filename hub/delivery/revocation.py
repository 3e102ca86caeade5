"""Closes connections whose right has ended, on every instance.

Whatever may end a right (a logout, a deactivation, a lost group) publishes `recheck` on the control topic,
and all instances check the people it names. A periodic check of everyone covers events lost with the log.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.delivery.subscriber import Subscriber
from hub.events import Draft, draft
from hub.ports import Application, Person
from hub.support.debounce import Debounce
from hub.support.invalidations import EVERYONE

RECHECK_ALL_EVERY_S = 30.0
GATHER_S = 0.2  # a change of a group, or of many people, comes as many events
RETRY_S = 2.0

logger = logging.getLogger(__name__)


def recheck(name: object) -> Draft:
    """The event that makes every instance check rights again: of a person (by id), of everyone with a token
    that a program issued (by `Person.key`), or of `EVERYONE`."""
    return draft(topics.CONTROL, "recheck", {"person": str(name)})


class Revocation:
    """Closes connections whose people lost the right to them. ``subscribers`` are all that are open."""

    def __init__(
        self,
        control: ControlBus,
        subscribers: Sequence[Iterable[Subscriber]],
        application: Application,
    ) -> None:
        self._all_subscribers = subscribers
        self._application = application
        self._names = Debounce(self._find, self._failed, gather_s=GATHER_S, retry_s=RETRY_S)
        self._people = Debounce(self._check, self._failed, gather_s=0, retry_s=RETRY_S)
        control.on("recheck", lambda data: self._recheck(data["person"]))
        self.failures = 0  # people whose rights could not be checked, each time

    @property
    def _subscribers(self) -> Iterator[Subscriber]:
        return chain(*self._all_subscribers)

    def log_state(self, live: bool) -> None:
        """Whether events of the log are received; those of the time when they were not may be lost."""
        self._application.receiving(live)
        if live:
            self._recheck(EVERYONE)

    async def run(self) -> None:
        await asyncio.gather(self._names.run(), self._people.run(), self._recheck_all())

    async def _recheck_all(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_ALL_EVERY_S * random.uniform(0.8, 1.2))  # noqa: S311
            self._names.add([EVERYONE])

    def _recheck(self, name: str) -> None:
        self._application.rights_changed(name)
        self._names.add([name])

    async def _find(self, names: Sequence[str]) -> None:
        named = frozenset(names)
        self._people.add({s.person for s in self._subscribers if _is_named(s.person, named)})

    async def _check(self, people: Sequence[Person]) -> None:
        here = {subscriber.person for subscriber in self._subscribers}.intersection(people)
        gone = await self._application.revoked(list(here)) if here else {}
        for subscriber in list(self._subscribers) if gone else ():
            if subscriber.person in gone:
                subscriber.revoke(retry=gone[subscriber.person])

    def _failed(self, item: Person | str, error: Exception) -> None:
        self.failures += 1
        id = item.id if isinstance(item, Person) else item
        logger.error("the rights of person %s could not be checked, trying again: %r", id, error)


def _is_named(person: Person, names: Collection[str]) -> bool:
    return EVERYONE in names or person.id in names or bool(person.key and person.key in names)
