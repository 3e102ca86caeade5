"""Kills the instance that holds a person's stream, or writes an answer for them, to show what becomes of
both; in demo mode alone.

It dies as one does that runs out of memory: SIGKILL, without a drain and without a word.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable

from django.conf import settings

from hub import topics
from hub.env import loopback
from hub.errors import Problem
from hub.events import Event, draft
from hub.log.current import shared_log
from notifications.demo.playback_store import shared_store

TYPE = "demo-kill"  # on the control topic
PAUSE_S = 10.0  # between two kills, by whomever

logger = logging.getLogger(__name__)


def refusal() -> str:
    """Why no instance may be killed now; empty if one may. Raises `LogAway`."""
    if not (settings.HUB_DEMO and loopback(settings.HUB_HOST)):
        return "Instances can be killed in demo mode alone, on a loopback address."
    if len(shared_store().instances()) < 2:
        return "This is the only instance, and nothing would start it again: make cluster has three."
    return ""


def request(instance: str, person: str) -> None:
    """Have an instance kill itself if it works for this person (an id).

    Raises a `Problem` of 409 for the last instance, and for one that is not alive, 429 shortly after another
    kill; `LogAway`.
    """
    if reason := refusal():
        raise Problem(409, reason)
    store = shared_store()
    if instance not in store.instances():
        raise Problem(409, "This instance is not alive any more: another one took over.")
    if not store.once_in("kill", PAUSE_S):
        raise Problem(
            429, "An instance was killed just now: try again when it has healed.", retry_after=int(PAUSE_S)
        )
    shared_log().append([draft(topics.CONTROL, TYPE, {"instance": instance, "person": person})])


def carry_out(event: Event, works_for: Callable[[str], bool]) -> None:
    """If the event tells this instance to: end the process. ``works_for`` says of a person's id whether they
    have a feed open here, or are answered from here."""
    if event.topic != topics.CONTROL or event.type != TYPE or not settings.HUB_DEMO:
        return
    data = event.data
    if data["instance"] == settings.HUB_INSTANCE and works_for(str(data["person"])):
        logger.warning("killed from the gallery by person %s", data["person"])
        os.kill(os.getpid(), signal.SIGKILL)
