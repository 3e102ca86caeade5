"""What people's own choices held back of a sending when it was due."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from notifications.inbox import preferences
from notifications.models import Preference, PreferenceChange
from notifications.tracking.id_bitmap import IdBitmap

REASONS = ("muted", "toast-muted", "quiet-hours")  # of `preferences.wants`
KEPT = 64  # sendings whose answer is remembered: it does not change any more

Held = Mapping[str, IdBitmap]
NOBODY: Held = {reason: IdBitmap() for reason in REASONS}

_known: OrderedDict[UUID, Held] = OrderedDict()


def of(sending: UUID, notification: Mapping[str, Any], due_at: datetime, meant: QuerySet[User]) -> Held:
    """By reason, the people among those ``meant``; for a sending that was due, one of its rows given.

    One query, of those alone who have ever chosen anything, and none the next time.
    """
    held = _known.get(sending)
    if held is None:
        held = _known[sending] = _decided(notification, due_at, meant)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return held


def _decided(notification: Mapping[str, Any], due_at: datetime, meant: QuerySet[User]) -> Held:
    changes = PreferenceChange.objects.filter(user=OuterRef("user"))
    then = changes.filter(at__lte=due_at).order_by("-at", "-id")
    rows = Preference.objects.filter(user__in=meant).values_list(
        "user_id",
        "choices",
        "quiet_hours",
        Exists(changes),
        Exists(then),
        Subquery(then.values("choices")[:1]),
        Subquery(then.values("quiet_hours")[:1]),
    )
    decided: dict[tuple[str, str], str] = {}
    people: dict[str, list[int]] = {reason: [] for reason in REASONS}
    for user, choices, quiet, noted, known, choices_then, quiet_then in rows.iterator():
        if known:
            choices, quiet = choices_then, quiet_then
        elif noted:
            continue  # then they had what everybody has
        choice = choices.get(notification["category"])
        # Of many people's choices few differ.
        which = (str(choice), str(quiet))
        if which not in decided:
            one = preferences.stated(choices, quiet)
            decided[which] = preferences.wants(one, notification, due_at).reason
        if decided[which] in people:
            people[decided[which]].append(user)
    return {reason: IdBitmap(ids) for reason, ids in people.items()}
