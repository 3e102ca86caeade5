"""The delivery debugger: why a person did or did not receive a notification."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from notifications.access import names, users
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard import audited_looks
from notifications.dashboard.explanations import personal, timeline, verdict
from notifications.i18n import say
from notifications.models import NEVER, Notification
from notifications.tracking import explain, progress
from notifications.user_model import User

PAGE_SIZE = 30
COUNTS = ("people", "delivered", "acknowledged", "seen", "read", "clicked")


class Unknown(Exception):
    """The person or notification does not exist, or the id is not valid; the text is for the user."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@needs("view")
@require_GET
def debugger(request: StaffRequest) -> HttpResponse:
    """``person`` is a username, ``notification`` an id; ``before`` is the cursor of a person's list."""
    asked = {name: request.GET.get(name, "").strip() for name in ("person", "notification")}
    context: dict[str, Any] = {"asked": asked}
    try:
        context |= _found(asked, request.GET.get("before", ""), timezone.now())
        context |= _visibility(request, context)
    except Unknown as unknown:
        context["problem"] = str(unknown)
        return render(request, "notifications/dashboard/why.html", context, status=unknown.status)
    return render(request, "notifications/dashboard/why.html", context)


@needs("manage")
@require_POST
def show_titles(request: StaffRequest) -> HttpResponse:
    """View the titles of what one person was sent."""
    try:
        person = _person(request.POST.get("person", ""))
    except Unknown as unknown:
        raise Http404(str(unknown)) from None
    audited_looks.allow_titles(request, person.pk, person.get_username())
    query = {"person": person.get_username(), "notification": request.POST.get("notification", "")}
    asked = urlencode({name: value for name, value in query.items() if value})
    return redirect(f"{reverse('notifications:dashboard-why')}?{asked}")


def _visibility(request: StaffRequest, found: dict[str, Any]) -> dict[str, Any]:
    """Whether titles are shown.

    Those of a person need an audited look; that of a notification to one person, the role to send or manage.
    """
    manages, sends = may(request.user, "manage"), may(request.user, "send")
    person, row = found.get("person"), found.get("row")
    looks = audited_looks.may_see_titles(request, person.pk) if person else manages or sends
    hidden = row is not None and personal(row.topic) and not looks
    return {"looks": looks, "manages": manages, "hidden": hidden, "on_hold": row and row.due_at == NEVER}


def _found(asked: dict[str, str], before: str, now: datetime) -> dict[str, Any]:
    id = _id(asked["notification"]) if asked["notification"] else None
    person = _person(asked["person"]) if asked["person"] else None
    if person is not None and id is not None:
        return _one(person, id, now)
    if person is not None:
        return _all(person, _id(before) if before else None, now)
    return {} if id is None else _numbers(id)


def _one(person: User, id: UUID, now: datetime) -> dict[str, Any]:
    answer = explain.find(person, id, now)
    if answer is None:
        raise Unknown(404, say("why_no_notification"))
    topic = _label(answer.facts.topic)
    return {
        "one": verdict(answer, person, now, topic),
        "person": person,
        "steps": timeline(answer.facts, now),
        "row": answer.facts,
        "topic": topic,
        "sending": answer.facts.sending,
    }


def _all(person: User, before: UUID | None, now: datetime) -> dict[str, Any]:
    answers = explain.latest(person, PAGE_SIZE + 1, before)
    labels = names.labels(answer.facts.topic for answer in answers)
    return {
        "person": person,
        "decisions": [verdict(one, person, now, labels[one.facts.topic]) for one in answers[:PAGE_SIZE]],
        "older": answers[PAGE_SIZE - 1].facts.id if len(answers) > PAGE_SIZE else None,
    }


def _numbers(id: UUID) -> dict[str, Any]:
    found = progress.around(id)
    if found is None:
        # It is older than the record of sendings: there are no counts.
        row = Notification.objects.filter(pk=id).first()
        if row is None:
            raise Unknown(404, say("why_no_notification"))
        return {"row": row, "topic": _label(row.topic)}
    stats, asked = found
    held = [("sending_offline", stats["offline"])] if stats["offline"] else []
    held += [(f"held_{reason}", n) for reason, n in stats["suppressed"].items()]
    return {
        "row": asked,
        "topic": _label(asked.topic),
        "sending": asked.sending_id,
        "numbers": [(f"step_{name}", stats[name]) for name in COUNTS],  # type: ignore[literal-required]
        "held": held,
    }


def _label(topic: str) -> str:
    return names.labels([topic])[topic]


def _person(name: str) -> User:
    person = users.named(name)
    if person is None:
        raise Unknown(404, say("why_no_person", name=name[:150]))
    return person


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unknown(422, say("why_bad_id")) from None


paths = [
    path("why/", debugger, name="dashboard-why"),
    path("why/look", show_titles, name="dashboard-why-look"),
]
