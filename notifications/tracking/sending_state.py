"""The state of a sending: one rule, for rows in memory (`progress`) and for a list in SQL (`annotated`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from notifications.models import REPLACED, Notification, Sending

State = Literal["held", "waiting", "sending", "sent", "stopped", "recalled", "failed"]


def decide(
    *,
    held: bool,
    due_at: datetime,
    now: datetime,
    current: bool,
    unpublished: bool,
    failed: bool,
    recalled: bool,
) -> State:
    """The rule.

    ``current``, ``unpublished`` and ``failed`` say whether any row is not recalled, and whether any of those
    has no position or could not be published; ``recalled``, whether any row was recalled other than by a
    replacement.
    """
    if not current:
        return "recalled"
    if held:
        return "held"
    if due_at > now:
        return "waiting"
    if unpublished:
        return "sending"
    if failed:
        return "failed"
    return "stopped" if recalled else "sent"


def annotated(sendings: QuerySet[Sending]) -> QuerySet[Sending]:
    """The sendings with what `of` needs of each."""
    rows = Notification.objects.filter(sending=OuterRef("pk"))
    current = rows.filter(recalled_at=None)
    replaced = {"recall_reason": REPLACED, "recalled_by": ""}
    return sendings.annotate(
        any_current=Exists(current),
        any_unpublished=Exists(current.filter(position=None)),
        any_failed=Exists(current.exclude(failed_at=None)),
        any_recalled=Exists(rows.exclude(recalled_at=None).exclude(**replaced)),
    )


def of(sending: Any) -> State:
    """The state of one of `annotated`."""
    return decide(
        held=sending.held_at is not None,
        due_at=sending.due_at,
        now=timezone.now(),
        current=sending.any_current,
        unpublished=sending.any_unpublished,
        failed=sending.any_failed,
        recalled=sending.any_recalled,
    )
