"""Why did this person not get it? Asked of a person, of a notification, or of one and the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications import names, progress, why
from notifications.dashboard.verdicts import timeline, verdict
from notifications.models import Notification
from notifications.roles import StaffRequest, needs
from notifications.words import say

ROWS = 30
NUMBERS = ("people", "delivered", "seen", "read", "clicked")


class Unknown(Exception):
    """What was asked for is not there, or is nothing; the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@needs("view")
@require_GET
def ask(request: StaffRequest) -> HttpResponse:
    """``?person=`` is a username, ``?notification=`` an id; ``before`` pages the decisions of a person."""
    asked = {name: request.GET.get(name, "").strip() for name in ("person", "notification")}
    context: dict[str, Any] = {"asked": asked}
    try:
        context |= _found(asked, request.GET.get("before", ""), timezone.now())
    except Unknown as unknown:
        context["problem"] = str(unknown)
        return render(request, "notifications/dashboard/why.html", context, status=unknown.status)
    return render(request, "notifications/dashboard/why.html", context)


def _found(asked: dict[str, str], before: str, now: datetime) -> dict[str, Any]:
    id = _id(asked["notification"]) if asked["notification"] else None
    person = _person(asked["person"]) if asked["person"] else None
    if person is not None and id is not None:
        return _one(person, id, now)
    if person is not None:
        return _all(person, _id(before) if before else None, now)
    return {} if id is None else _numbers(id)


def _one(person: User, id: UUID, now: datetime) -> dict[str, Any]:
    answer = why.find(person, id, now)
    if answer is None:
        raise Unknown(404, say("why_no_notification"))
    told = verdict(answer, person, now)
    return {
        "one": told,
        "person": person,
        "steps": timeline(answer.facts, now),
        "row": answer.facts,
        "topic": _shown(answer.facts.topic),
        "sending": answer.facts.sending,
    }


def _all(person: User, before: UUID | None, now: datetime) -> dict[str, Any]:
    answers = why.latest(person, ROWS + 1, before)
    return {
        "person": person,
        "decisions": [verdict(answer, person, now) for answer in answers[:ROWS]],
        "older": answers[ROWS - 1].facts.id if len(answers) > ROWS else None,
    }


def _numbers(id: UUID) -> dict[str, Any]:
    found = progress.around(id)
    if found is None:
        # One from before sendings were kept: of it there are no numbers.
        row = Notification.objects.filter(pk=id).first()
        if row is None:
            raise Unknown(404, say("why_no_notification"))
        return {"row": row, "topic": _shown(row.topic)}
    told, row_of = found
    held = [("sending_offline", told["offline"])] if told["offline"] else []
    held += [(f"held_{reason}", n) for reason, n in told["suppressed"].items()]
    return {
        "row": row_of,
        "topic": _shown(row_of.topic),
        "sending": row_of.sending_id,
        "numbers": [(f"step_{name}", told[name]) for name in NUMBERS],  # type: ignore[literal-required]
        "held": held,
    }


def _shown(topic: str) -> str:
    return names.shown([topic])[topic]


def _person(name: str) -> User:
    # PostgreSQL takes no NUL and nobody a lone surrogate; no name bears one.
    people = (
        User.objects.select_related("notification_preference") if name.isprintable() else User.objects.none()
    )
    person = people.filter(username=name).first()
    if person is None:
        raise Unknown(404, say("why_no_person", name=name[:150]))
    return person


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unknown(422, say("why_bad_id")) from None


paths = [path("why/", ask, name="dashboard-why")]
