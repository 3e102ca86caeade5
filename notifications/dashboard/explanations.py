"""The answers of `tracking.explain`, as the delivery debugger shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import formats, timezone

from hub import topics
from notifications.i18n import say
from notifications.models import NEVER
from notifications.tracking.explain import Answer, Facts, Status
from notifications.user_model import User

TAGS: dict[Status, str] = {
    "delivered": "good",
    "listed": "good",
    "waiting": "calm",
    "withheld": "warn",
    "gone": "bad",
    "never": "bad",
}
# In the inbox, but without a toast of its own.
SILENT = ("toast-muted", "quiet-hours", "storm")


def verdict(answer: Answer, person: User, now: datetime, topic: str) -> dict[str, Any]:
    """The context of one answer: a label, the rule that decided, advice, and what is on record.

    ``topic`` is the notification's topic as people are shown it.
    """
    facts = answer.facts
    arrival = _arrival(facts)
    word = f"reason_{answer.reason.replace('-', '_')}"
    unconfirmed = answer.reason == "delivered" and arrival == ["reason_unconfirmed"]
    if unconfirmed:
        word = "reason_unconfirmed"
    rule = "reason_deactivated" if word == "reason_no_access" and not person.is_active else word
    quiet = facts.quiet_hours or {"start": "", "end": "", "zone": ""}
    values = {
        "category": facts.category or say("no_category"),
        "start": quiet["start"],
        "end": quiet["end"],
        "zone": quiet["zone"],
        "by": facts.recalled_by or say("why_unknown_actor"),
        "because": facts.recall_reason or say("why_no_reason"),
        "topic": topic,
        "recalled": moment(facts.recalled_at, now),
        "expires": moment(facts.expires_at, now),
        "due": moment(facts.due_at, now),
        "joined": moment(facts.joined_at, now),
        "delivered": moment(facts.delivered_at, now),
        "acknowledged": moment(facts.acknowledged_at, now),
        "seen": moment(_seen_at(facts), now),
    }
    rules = arrival if answer.reason == "delivered" else [rule, *arrival]
    return {
        "facts": facts,
        "tag": "warn" if unconfirmed or answer.reason in SILENT else TAGS[answer.status],
        "word": say(word, **values),
        "rule": " ".join(say(f"{rule}_rule", **values) for rule in rules),
        "do": say(f"{rule}_do", **values),
        "record": [step for step in timeline(facts, now) if step["name"] in RECORD],
        "reason": answer.reason,
        "held": facts.due_at == NEVER,
        "personal": personal(facts.topic),
    }


# The steps shown in a list of answers; a single answer shows all.
RECORD = ("delivered", "late", "acknowledged", "seen", "read", "clicked", "archived", "recalled")


def timeline(facts: Facts, now: datetime) -> list[dict[str, Any]]:
    """What happened to the notification, in order; ``ahead`` marks what is still to come."""
    steps: list[tuple[str, datetime | None, str]] = [
        ("written", facts.created_at, ""),
        ("due", None if facts.due_at == NEVER else facts.due_at, ""),
        ("published", _published(facts), ""),
        ("late" if facts.late else "delivered", facts.delivered_at, facts.instance),
        ("acknowledged", facts.acknowledged_at, ""),
        ("seen", facts.seen_at, ""),
        ("read", facts.read_at, ""),
        ("clicked", facts.clicked_at, ""),
        ("archived", facts.archived_at, ""),
        ("expires", facts.expires_at, ""),
        ("recalled", facts.recalled_at, facts.recalled_by),
    ]
    happened = sorted(
        ((at, n, name, by) for n, (name, at, by) in enumerate(steps) if at), key=lambda one: one[:2]
    )
    return [
        {
            "name": name,
            "word": say(f"step_of_{name}"),
            "at": at,
            "time": moment(at, now),
            "by": by,
            "ahead": at > now,
        }
        for at, _, name, by in happened
    ]


def personal(topic: str) -> bool:
    """Whether the notification was addressed to one person by name."""
    return topic.startswith(topics.user(""))


def moment(at: datetime | None, now: datetime) -> str:
    """The local time, with the date unless it is today."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    if local.date() == timezone.localtime(now).date():
        return f"{local:%H:%M:%S}"
    return f"{formats.date_format(local, 'j M Y')}, {local:%H:%M:%S}"


def _arrival(facts: Facts) -> list[str]:
    """The text on whether it arrived; none if it was never written to a connection."""
    if facts.acknowledged_at:
        return ["reason_delivered"]
    if not facts.delivered_at:
        return []
    return ["reason_seen" if _seen_at(facts) else "reason_unconfirmed"]


def _seen_at(facts: Facts) -> datetime | None:
    return facts.seen_at or facts.read_at or facts.clicked_at


def _published(facts: Facts) -> datetime | None:
    """When it was published: its position in microseconds. A recalled row has the position of the recall."""
    if not facts.position or facts.recalled_at:
        return None
    return datetime.fromtimestamp(facts.position / 1e6, UTC)
