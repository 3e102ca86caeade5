"""Ends runs whose producers fell silent, and publishes the ends that the log did not take at the time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import lifecycle

PERIOD_S = 0.5
BATCH_SIZE = 100
QUEUED_FOR = timedelta(days=1)  # that a run may wait for its producer
UNPUBLISHED_FOR = timedelta(seconds=1)  # after its end; before that the instance that ended it publishes it


async def run() -> None:
    """Look for them until cancelled."""
    while True:
        await asyncio.sleep(PERIOD_S)
        try:
            await in_thread(end_lost)
            await in_thread(publish_missed)
        except Exception as error:
            malformed.record("run", "lease", error)


def end_lost() -> None:
    """End the runs whose leases ran out."""
    now = timezone.now()
    for where in (silent(now), forgotten(now)):
        for one in Run.objects.filter(where, ended_at=None)[:BATCH_SIZE]:
            lifecycle.end(one, Run.State.LOST, where=where)


def silent(now: datetime) -> Q:
    """Runs whose producers have not called for a lease."""
    return Q(state=Run.State.RUNNING, leased_until__lt=now)


def forgotten(now: datetime) -> Q:
    """Runs that no producer began."""
    return Q(state=Run.State.QUEUED, leased_until__lt=now - QUEUED_FOR)


def publish_missed() -> None:
    """Publish the ends of runs that are not in the log."""
    before = timezone.now() - UNPUBLISHED_FOR
    missed = Run.objects.filter(ended_position=None, ended_at__lt=before)
    for id in list(missed.values_list("pk", flat=True)[:BATCH_SIZE]):
        lifecycle.publish_end(id)
