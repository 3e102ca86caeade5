"""Commands of staff to instances, sent over the control topic: drain, stop draining, disconnect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.delivery.endpoint import Endpoint
from hub.delivery.open_connections import for_each
from hub.events import Draft, draft

logger = logging.getLogger(__name__)


def drain(instance: str, draining: bool) -> Draft:
    """Have an instance move its clients elsewhere and accept no new ones, or accept them again."""
    return draft(topics.CONTROL, "drain", {"instance": instance, "draining": draining})


def disconnect(instance: str, number: int, person: str) -> Draft:
    """Have an instance close one connection. Its client may come back."""
    return draft(topics.CONTROL, "disconnect", {"instance": instance, "number": number, "person": person})


def disconnect_person(person: str) -> Draft:
    """Have every instance close all connections of a person, by id."""
    return draft(topics.CONTROL, "disconnect", {"instance": None, "number": None, "person": person})


class RemoteCommands:
    """Carries out `drain` and `disconnect` on the endpoints of this instance."""

    def __init__(
        self, control: ControlBus, endpoints: Sequence[Endpoint[Any, Any]], *, instance: str, drain_s: float
    ) -> None:
        self._endpoints = endpoints
        self._instance = instance
        self._drain_s = drain_s
        self._draining: list[asyncio.Task[None]] = []
        control.on("drain", self._drain)
        control.on("disconnect", self._disconnect)

    def _disconnect(self, command: dict[str, Any]) -> None:
        if command["instance"] not in (None, self._instance):
            return
        number, person = command["number"], command["person"]
        for endpoint in self._endpoints:
            leaving = [
                subscriber
                for subscriber in endpoint.connections
                if subscriber.person.id == person and number in (None, subscriber.number)
            ]
            for_each(leaving, lambda subscriber: subscriber.revoke(retry=True))

    def _drain(self, command: dict[str, Any]) -> None:
        if command["instance"] not in (None, self._instance):
            return
        match command["draining"]:
            case True:
                self._begin_draining()
            case False:
                self._stop_draining()
            case _:
                raise ValueError("draining is neither true nor false")

    def _begin_draining(self) -> None:
        if not self._draining:
            logger.warning("drain requested for %s: moving its connections away", self._instance)
            self._draining = [
                asyncio.create_task(endpoint.drain(self._drain_s)) for endpoint in self._endpoints
            ]

    def _stop_draining(self) -> None:
        logger.warning("drain cancelled for %s: accepting connections", self._instance)
        for task in self._draining:
            task.cancel()
        self._draining = []
        for endpoint in self._endpoints:
            endpoint.draining = False
