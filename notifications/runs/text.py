"""The text of a run: all of its tokens, from the log, or from the stored parts where the log lost them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from hub.events import Event
from hub.log import Log, LogAway
from hub.log.current import shared_log
from hub.support.threads import in_thread
from notifications.models import Run, RunPart
from notifications.runs.production import TOKEN

PERIOD_S = 1.0
SETTLED_S = 3.0  # every instance has stored its parts by then, unless it was killed
BATCH_SIZE = 50  # runs at a time
READ_S = 5.0

logger = logging.getLogger(__name__)

_loop: asyncio.AbstractEventLoop | None = None  # on which the log is read


class Stretch(NamedTuple):
    """Consecutive tokens, from a position on."""

    position: int
    text: str
    tokens: int


def now(run: Run) -> tuple[str, int]:
    """The text of a run as it is now, and the number of its tokens; not to be called on the event loop.

    Without the log it is what was stored, a second ago at most.
    """
    if run.folded:
        return run.text, run.tokens
    found = merged(run.parts.all(), ())
    if _loop is not None:
        with suppress(LogAway, TimeoutError):
            found = asyncio.run_coroutine_threadsafe(_stretches(shared_log(), run), _loop).result(READ_S)
    return "".join(one.text for one in found), sum(one.tokens for one in found)


async def upto(log: Log, run: Run, position: int) -> str:
    """The text up to a position, from what the log and the parts still have. Raises `LogAway`.

    After a loss of the log the parts have the whole of it `SETTLED_S` later.
    """
    if run.folded:
        return run.text
    return "".join(one.text for one in await _stretches(log, run, position))


async def fold(log: Log) -> None:
    """Store the texts of runs that have ended, and drop their parts, until cancelled."""
    global _loop
    _loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(PERIOD_S)
        try:
            await fold_due(log)
        except Exception as error:
            logger.warning("texts of runs wait to be stored: %s: %s", type(error).__name__, error)


async def fold_due(log: Log) -> None:
    """Store the texts of those runs that ended a while ago. Raises if the log or the database is away."""
    for run in await in_thread(_unfolded):
        await in_thread(_store, run, await _stretches(log, run))


def merged(parts: Iterable[RunPart], logged: Sequence[Stretch]) -> list[Stretch]:
    """The parts, each once, and the tokens of the log that are in none of them, by position."""
    found: list[Stretch] = []
    covered: list[tuple[int, int]] = []
    # A producer that repeats a call may have reached two instances.
    for part in sorted(parts, key=lambda part: part.first):
        if not covered or part.last > covered[-1][1]:
            covered.append((part.first, part.last))
            found.append(Stretch(part.first, part.text, part.tokens))
    for token in logged:
        if not any(first <= token.position <= last for first, last in covered):
            found.append(token)
    return sorted(found)


async def _stretches(log: Log, run: Run, upto: int = sys.maxsize) -> list[Stretch]:
    """The whole text up to a position."""
    events, complete = await _read(log, run)
    logged = [
        Stretch(event.position, event.data["text"], 1)
        for event in events
        if event.type == TOKEN and event.position <= upto
    ]
    if complete:
        return logged
    return merged(await in_thread(lambda: [part for part in run.parts.all() if part.last <= upto]), logged)


async def _read(log: Log, run: Run) -> tuple[list[Event], bool]:
    """The events of a run that the log has, and whether it has all."""
    topic, after, complete, more = run.topic, run.began_position, True, True
    found: list[Event] = []
    while more:
        page = await log.read({topic: after})
        complete = complete and topic not in page.gaps
        # One that was on its way as the run ended is behind its last event.
        found += [event for event in page.events if event.position < (run.ended_position or sys.maxsize)]
        after, more = page.upto, page.more
    return found, complete


def _unfolded() -> list[Run]:
    ended = Run.objects.filter(folded=False, ended_at__lt=timezone.now() - timedelta(seconds=SETTLED_S))
    return list(ended.order_by("ended_at")[:BATCH_SIZE])


def _store(run: Run, found: Sequence[Stretch]) -> None:
    text = "".join(one.text for one in found).translate({0: "\ufffd"})
    with transaction.atomic():
        unfolded = Run.objects.filter(pk=run.pk, folded=False)
        if unfolded.update(folded=True, text=text, tokens=sum(one.tokens for one in found)):
            run.parts.all().delete()
