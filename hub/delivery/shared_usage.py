"""Limits per user over all instances, without a question to Redis on each connect.

Every second each instance reports the usage of its heaviest users on the control topic. A report is valid for
a few seconds. An instance that is leaving reports none, so that others admit the users it sends to them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.delivery.limits import NO_USAGE, ConnectionLimits, Usage
from hub.events import Draft, draft
from hub.log import Log, LogAway

REPORT_S = 1.0
VALID_S = 3.5
MAX_USERS_REPORTED = 100  # the heaviest first
MAX_INSTANCES = 1000  # whose reports are kept

logger = logging.getLogger(__name__)


class SharedUsage:
    """Reports this ``instance``'s usage, none while ``leaving``, and gives `ConnectionLimits` the others'."""

    def __init__(
        self,
        limits: ConnectionLimits,
        log: Log,
        control: ControlBus,
        *,
        instance: str,
        leaving: Callable[[], bool],
    ) -> None:
        self._instance = instance
        self._limits = limits
        self._log = log
        self._leaving = leaving
        self._reports: dict[str, tuple[float, dict[str, Usage]]] = {}  # by instance: received when, by user
        self._reported = False  # whether the last report named a user
        limits.usage_elsewhere = self.of
        control.on("holding", self._receive)

    def of(self, user: str) -> Usage:
        """A user's usage on the other instances, as far as it is heavy there."""
        if not self._reports:
            return NO_USAGE
        connections = live = 0
        since = time.monotonic() - VALID_S
        for at, users in self._reports.values():
            usage = users.get(user)
            if usage is not None and at > since:
                connections += usage.connections
                live += usage.topics
        return Usage(connections, live)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            self._forget()
            report = self.report()
            if report is not None:
                try:
                    await self._log.append_if([report])
                except LogAway as error:
                    logger.debug("usage is not reported: %s", error)
                except Exception:
                    logger.exception("usage could not be reported")

    def report(self) -> Draft | None:
        """The report that is due; None if it names no user and the last one named none."""
        users = () if self._leaving() else self._limits.heavy_users
        usage = {user: self._limits.usage(user) for user in users}
        if not usage and not self._reported:
            return None
        self._reported = bool(usage)
        heaviest = sorted(usage.items(), key=lambda item: -(item[1].connections + item[1].topics))
        counts = {user: [one.connections, one.topics] for user, one in heaviest[:MAX_USERS_REPORTED]}
        return draft(topics.CONTROL, "holding", {"instance": self._instance, "people": counts})

    def _receive(self, data: dict[str, object]) -> None:
        instance, people = data["instance"], data["people"]
        if not isinstance(instance, str) or not isinstance(people, dict):
            raise TypeError("an instance is a string, and people are an object")
        usage = {user: Usage(int(connections), int(live)) for user, (connections, live) in people.items()}
        if instance == self._instance:
            return
        if not usage:
            self._reports.pop(instance, None)
        elif instance in self._reports or len(self._reports) < MAX_INSTANCES:
            self._reports[instance] = time.monotonic(), usage

    def _forget(self) -> None:
        since = time.monotonic() - VALID_S
        self._reports = {name: report for name, report in self._reports.items() if report[0] > since}
