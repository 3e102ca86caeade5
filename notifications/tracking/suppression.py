"""The recipients whose preferences suppressed a sending when it was due."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from hub import topics
from notifications.inbox import preference_rule
from notifications.models import Preference, PreferenceChange, user_numbers
from notifications.tracking.id_bitmap import IdBitmap
from notifications.user_model import Key, User

REASONS = ("muted", "toast-muted", "quiet-hours")  # of `preference_rule.wants`
MAX_CACHED = 64  # sendings; once due, the result does not change any more

Held = Mapping[str, IdBitmap]
NONE: Held = {reason: IdBitmap() for reason in REASONS}

_known: OrderedDict[UUID, Held] = OrderedDict()


def of(
    sending: UUID,
    notification: Mapping[str, Any],
    addressed: Collection[str],
    due_at: datetime,
    meant: QuerySet[User],
) -> Held:
    """The users among ``meant`` by reason, for a sending that is due.

    ``notification`` has its category and severity. A user who does not mute all of the topics that it
    is ``addressed`` to, inboxes of others aside, has it by another.

    One query, over the users who ever changed a preference; none the next time.
    """
    held = _known.get(sending)
    if held is None:
        held = _known[sending] = _decided(notification, addressed, due_at, meant)
        while len(_known) > MAX_CACHED:
            _known.popitem(last=False)
    return held


def _decided(
    notification: Mapping[str, Any], addressed: Collection[str], due_at: datetime, meant: QuerySet[User]
) -> Held:
    changes = PreferenceChange.objects.filter(user=OuterRef("user"))
    then = changes.filter(at__lte=due_at).order_by("-at", "-id")
    rows = Preference.objects.filter(user__in=meant).values_list(
        "user_id",
        "choices",
        "muted_topics",
        "quiet_hours",
        Exists(changes),
        Exists(then),
        Subquery(then.values("choices")[:1]),
        Subquery(then.values("muted_topics")[:1]),
        Subquery(then.values("quiet_hours")[:1]),
    )
    shared = {topic for topic in addressed if not topics.is_user(topic)}
    decided: dict[tuple[str, str, str], str] = {}
    people: dict[str, list[Key]] = {reason: [] for reason in REASONS}
    for user, choices, muted, quiet, has_changes, changed_before, *then_chosen in rows.iterator():
        if changed_before:
            choices, muted, quiet = then_chosen
        elif has_changes:
            continue  # the defaults applied then
        choice = choices.get(notification["category"])
        # Most users share the same few choices.
        topic = _topic(user, addressed, shared, muted)
        case = (str(choice), str(topic in muted), str(quiet))
        if case not in decided:
            preference = preference_rule.parsed(choices, muted, quiet)
            item = {**notification, "topic": topic}
            decided[case] = preference_rule.wants(preference, item, due_at).reason
        if decided[case] in people:
            people[decided[case]].append(user)
    numbered = user_numbers.of_keys([user for some in people.values() for user in some])
    return {reason: IdBitmap(numbered[user] for user in some) for reason, some in people.items()}


def _topic(user: Key, addressed: Collection[str], shared: Collection[str], muted: Collection[str]) -> str:
    """One of the topics by which a user may have a sending: one that they do not mute, if there is any."""
    own = topics.user(user)
    if own in addressed or not shared:
        return own
    return next((topic for topic in shared if topic not in muted), next(iter(shared)))
