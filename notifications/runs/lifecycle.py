"""The life of a run: begun, ended once, and its last event published.

The row decides: whoever ends a run first determines how it ended. The event follows from the row, so that it
is published though the log was away, or the instance killed in between.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hub import events, topics
from hub.errors import Problem
from hub.log import LogAway
from hub.log.current import shared_log
from hub.support import transactions
from notifications.models import ApiKey, Run, RunShare
from notifications.user_model import User

MIN_LEASE_S, DEFAULT_LEASE_S, MAX_LEASE_S = 2, 15, 3600
MAX_OPEN_RUNS = 5000  # of an API key, which nothing but the end of their leases may end
STOP = "run-stop"  # an event of the control topic: {"run"}; the producer of this run is to stop
ANY = Q()

State = Run.State
logger = logging.getLogger(__name__)


def begin(
    owner: User,
    *,
    title: str = "",
    share: Sequence[str] = (),
    lease_s: int = DEFAULT_LEASE_S,
    queued: bool = False,
    key: ApiKey | None = None,
) -> Run:
    """A new run. ``share`` are topics of inboxes. Raises `Problem` of 429 if the key has too many open ones,
    and `LogAway`."""
    if key is not None and Run.objects.filter(api_key=key, ended_at=None).count() >= MAX_OPEN_RUNS:
        raise Problem(429, f"This API key has {MAX_OPEN_RUNS} open runs: end some.", retry_after=lease_s)
    now = timezone.now()
    run = Run(
        owner=owner,
        api_key=key,
        title=title,
        state=State.QUEUED if queued else State.RUNNING,
        lease_s=lease_s,
        leased_until=now + timedelta(seconds=lease_s),
        began_position=shared_log().head(),
    )
    with transaction.atomic():
        run.save(force_insert=True)
        RunShare.objects.bulk_create([RunShare(run=run, topic=topic) for topic in dict.fromkeys(share)])
    return run


def end(
    run: Run, state: Run.State, *, outcome: Any = None, detail: str = "", by: str = "", where: Q = ANY
) -> Run:
    """End a run in this state, unless it has ended or is not as ``where`` says; returns it as it is now.

    Its last event is published after the commit. A stop is passed on to the producer, wherever it is.
    """
    changes = {"state": state, "outcome": outcome, "detail": detail, "stopped_by": by}
    with transaction.atomic():
        open = Run.objects.filter(where, pk=run.pk, ended_at=None)
        if open.update(**changes, ended_at=timezone.now()):
            transactions.after_commit(publish_end, run.pk)
    run.refresh_from_db()
    return run


def publish_end(id: Any) -> None:
    """Publish the last event of a run that ended. If the log is away, a later call does (`leases`)."""
    run = Run.objects.filter(pk=id, ended_position=None).exclude(ended_at=None).first()
    if run is None:
        return
    topic = run.topic
    last = events.draft(topic, *last_event(run), key=f"{topic}:end")
    stop = events.draft(topics.CONTROL, STOP, {"run": run.pk.hex})
    try:
        position, _ = shared_log().append([last, stop])
    except LogAway as error:
        return logger.info("the end of run %s waits for the log: %s", run.pk, error)
    Run.objects.filter(pk=run.pk).update(ended_position=position)


def last_event(run: Run) -> tuple[str, dict[str, Any]]:
    """Type and data of the event that says how a run ended."""
    match run.state:
        case State.DONE:
            return "done", {"outcome": run.outcome}
        case State.FAILED:
            return "error", {"detail": run.detail}
        case State.STOPPED:
            return "stopped", {"by": run.stopped_by}
    return "lost", {"lease_s": run.lease_s}
