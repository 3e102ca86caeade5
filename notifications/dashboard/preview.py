"""What one person would receive of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation

from hub import topics
from notifications import serialization
from notifications.access import judge, users
from notifications.dashboard.forms import Draft
from notifications.inbox import preference_rule, presentation
from notifications.models import Notification
from notifications.sending.addresses import group_of
from notifications.user_model import User


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as ``person`` would see it: in the inbox (``list``) and as a ``toast``; ``word`` says why."""

    person: User
    item: dict[str, Any]
    word: str
    list: bool
    toast: bool


def preview(draft: Draft, sender: User) -> Preview | None:
    """The preview for the person the draft names, or else for the sender if they receive it, or else for the
    first recipient.

    None for an unknown person, or a draft that cannot be sent.
    """
    person = _person(draft, sender)
    if person is None or draft.texts is None or "person" in draft.errors:
        return None
    now = timezone.now()
    topic = _topic(draft, person)
    row = Notification(topic=topic or topics.user(person.pk), due_at=draft.due_at or now, **draft.texts)
    row.group = group_of(draft.audience.addresses[topic]) if topic and draft.audience else None
    preference = preference_rule.of(getattr(person, "notification_preference", None))
    with translation.override(draft.chosen("language")):
        item = presentation.row(serialization.item(row), preference, now)
    decision = preference_rule.wants(preference, item, row.due_at)
    # It has no page yet: only its own link works.
    item |= {"href": item["href"] if item["page"] else "", "page": ""}
    if topic is None and draft.audience is not None:
        return Preview(person, item, "decision_not_addressed", False, False)
    word = f"decision_{decision.reason.replace('-', '_')}"
    return Preview(person, item, word, decision.feed, decision.toast)


def _person(draft: Draft, sender: User) -> User | None:
    name = draft.cleaned_data.get("person", "")
    if name and name != sender.get_username():
        return users.active(name)
    if name or draft.audience is None or not draft.audience.sample or _topic(draft, sender) is not None:
        return sender
    return users.active(draft.audience.sample[0]) or sender


def _topic(draft: Draft, person: User) -> str | None:
    """The topic of the draft through which this person receives it; None if there is none."""
    addressed = draft.audience.topics if draft.audience else []
    for topic in (topics.EVERYONE, topics.user(person.pk)):
        if topic in addressed:
            return topic
    own = judge.own_topics(person) if addressed else ()
    return next((topic for topic in own if topic in addressed), None)
