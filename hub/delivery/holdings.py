"""What instances hold for people, told by each about once a second, and only of those for whom it is much.

So a person's caps hold over all instances, and nobody asks Redis as they connect. What was told is believed
for a few seconds; an instance that leaves tells that it holds nothing, so that those it sends elsewhere are
let in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.delivery.limits import NOTHING, ConnectionLimits, Held
from hub.events import Draft, draft
from hub.log import Log, LogAway

TELL_S = 1.0
BELIEVED_S = 3.5
MOST = 100  # people told of, those with the most first
MOST_INSTANCES = 1000  # that are listened to

logger = logging.getLogger(__name__)


class Holdings:
    def __init__(
        self,
        instance: str,
        limits: ConnectionLimits,
        log: Log,
        control: ControlBus,
        leaving: Callable[[], bool],
    ) -> None:
        self._instance = instance
        self._limits = limits
        self._log = log
        self._leaving = leaving
        self._others: dict[str, tuple[float, dict[str, Held]]] = {}  # when it was told, by instance
        self._told = False  # of somebody, last time
        limits.elsewhere = self.of
        control.on("holding", self._receive)

    def of(self, person: str) -> Held:
        """What the other instances hold for a person, as far as that is much."""
        if not self._others:
            return NOTHING
        connections = live = 0
        since = time.monotonic() - BELIEVED_S
        for at, people in self._others.values():
            held = people.get(person)
            if held is not None and at > since:
                connections += held.connections
                live += held.topics
        return Held(connections, live)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            self._forget()
            saying = self.saying()
            if saying is not None:
                try:
                    await self._log.place([saying])
                except LogAway as error:
                    logger.debug("what is held is not told: %s", error)
                except Exception:
                    logger.exception("what is held could not be told")

    def saying(self) -> Draft | None:
        """What is told now; None if there is nothing, as the time before."""
        people = () if self._leaving() else self._limits.much
        held = {person: self._limits.held(person) for person in people}
        if not held and not self._told:
            return None
        self._told = bool(held)
        most = sorted(held.items(), key=lambda one: -(one[1].connections + one[1].topics))[:MOST]
        counts = {person: [one.connections, one.topics] for person, one in most}
        return draft(topics.CONTROL, "holding", {"instance": self._instance, "people": counts})

    def _receive(self, data: dict[str, object]) -> None:
        instance, people = data["instance"], data["people"]
        if not isinstance(instance, str) or not isinstance(people, dict):
            raise TypeError("an instance is a string, and people are an object")
        held = {person: Held(int(connections), int(live)) for person, (connections, live) in people.items()}
        if instance == self._instance:
            return
        if not held:
            self._others.pop(instance, None)
        elif instance in self._others or len(self._others) < MOST_INSTANCES:
            self._others[instance] = time.monotonic(), held

    def _forget(self) -> None:
        since = time.monotonic() - BELIEVED_S
        self._others = {name: told for name, told in self._others.items() if told[0] > since}
