"""What staff tell an instance to do, said on the control topic: leave, stay, let somebody go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from hub import topics
from hub.delivery.endpoint import Endpoint
from hub.delivery.open_connections import for_each
from hub.events import Draft, Event, draft

logger = logging.getLogger(__name__)


def drain(instance: str, draining: bool) -> Draft:
    """Have an instance send everybody elsewhere and let nobody in, or let people in again."""
    return draft(topics.CONTROL, "drain", {"instance": instance, "draining": draining})


def disconnect(instance: str, number: int, person: str) -> Draft:
    """Have an instance close one connection. Its client may come back."""
    return draft(topics.CONTROL, "disconnect", {"instance": instance, "number": number, "person": person})


def disconnect_person(person: str) -> Draft:
    """Have every instance close all connections of a person, by id."""
    return draft(topics.CONTROL, "disconnect", {"instance": None, "number": None, "person": person})


class Orders:
    def __init__(self, instance: str, doors: Sequence[Endpoint[Any, Any]], drain_s: float) -> None:
        self._instance = instance
        self._doors = doors
        self._drain_s = drain_s
        self._draining: list[asyncio.Task[None]] = []

    def tap(self, event: Event) -> None:
        if event.topic != topics.CONTROL or event.type not in ("drain", "disconnect"):
            return
        order = event.data
        if order["instance"] not in (None, self._instance):
            return
        if event.type == "disconnect":
            self._disconnect(order["number"], order["person"])
        elif order["draining"] is True:
            self._drain()
        elif order["draining"] is False:
            self._stay()
        else:
            raise ValueError("draining is neither true nor false")

    def _disconnect(self, number: int | None, person: str) -> None:
        for door in self._doors:
            leaving = [
                subscriber
                for subscriber in door.connections
                if subscriber.person.id == person and number in (None, subscriber.number)
            ]
            for_each(leaving, lambda subscriber: subscriber.revoke(retry=True))

    def _drain(self) -> None:
        if not self._draining:
            logger.warning("%s is told to leave: everybody is sent elsewhere", self._instance)
            self._draining = [asyncio.create_task(door.drain(self._drain_s)) for door in self._doors]

    def _stay(self) -> None:
        logger.warning("%s is told to stay", self._instance)
        for task in self._draining:
            task.cancel()
        self._draining = []
        for door in self._doors:
            door.draining = False
