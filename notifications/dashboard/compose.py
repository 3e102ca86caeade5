"""The page on which somebody writes, looks, counts and sends; it leads to the page of the sending."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from notifications import i18n
from notifications.access import audit
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard.forms import Draft
from notifications.dashboard.parameters import number
from notifications.dashboard.preview import preview
from notifications.i18n import say
from notifications.models import Sending, Template, time_ordered_id
from notifications.sending import segments
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify
from notifications.sign_in import attempts, reauthentication
from notifications.sign_in.views import later, waiting

UNDO = timedelta(seconds=10)  # between the button and the first publish
TEMPLATE, GROUP = 0, 1  # kinds of choices
ADDED = (("add_group", "group"), ("add_segment", "segment"), ("add_person", "user"))


@needs("send")
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _begun(request), seen=False)
    act = request.POST.get("act")
    draft = Draft.read(_added(request, act))
    if act == "test":
        return _test(request, draft)
    if act == "send":
        return _send(request, draft)
    return _page(request, draft)


def _begun(request: StaffRequest) -> Draft:
    """An empty draft, or one from a template."""
    to, template = request.GET.get("to", ""), request.GET.get("template", "")
    if not template:
        return Draft(initial={"to": to})
    return Draft.from_template(get_object_or_404(Template, pk=number(template)))


def _added(request: StaffRequest, act: str | None) -> dict[str, Any]:
    """What was sent, with the addresses that the buttons beside the field add to it."""
    form = request.POST.dict()
    lines = [form.get("to", "").rstrip()]
    if act == "everyone":
        lines.append("everyone")
    elif act == "add":
        lines += [f"{kind}:{name}" for field, kind in ADDED if (name := form.get(field, "").strip())]
    return {**form, "to": "\n".join(line for line in lines if line)}


def _test(request: StaffRequest, draft: Draft) -> HttpResponse:
    """To the sender alone, at once, whatever else is wrong."""
    name = request.user.get_username()
    if draft.texts is None:
        return _page(request, draft, status=422)
    texts = {**draft.texts, "key": ""}  # which would take the last one back
    try:
        with transaction.atomic():
            rows = notify([f"user:{name}"], **texts, sender=name)
            audit.record(request, "test", rows[0].sending_id, title=texts["title"])
    except BadNotification as bad:
        return _page(request, draft, status=422, refusal=i18n.refusal(bad))
    return _page(request, draft, done=say("compose_tested"))


def _send(request: StaffRequest, draft: Draft) -> HttpResponse:
    reached, texts = draft.audience, draft.texts
    if not draft.is_valid() or reached is None or texts is None:
        return _page(request, draft, status=422)
    wide = reached.role == "broadcast"
    if not may(request.user, reached.role):
        return _page(request, draft, status=403, refusal=say("compose_needs_broadcast"))
    if wide and not _counted(draft.cleaned_data["confirm"], reached.people):
        refusal = say("compose_wrong_number", n=reached.people)
        return _page(request, draft, status=422, refusal=refusal)
    if wide and not reauthentication.fresh(request) and (refused := _unproved(request, draft)):
        return refused
    said, now = draft.cleaned_data, timezone.now()
    before = Sending.objects.filter(pk=said["id"])
    try:
        with transaction.atomic():
            rows = notify(
                said["to"],
                **texts,
                expires_at=said["expires_at"],
                send_at=max(said["send_at"] or now, now + UNDO),
                sender=request.user.get_username(),
                sending_id=said["id"],
            )
            due_at, people = rows[0].due_at.isoformat(), reached.people
            audit.record(
                request, "send", said["id"], to=said["to"], title=texts["title"], people=people, due_at=due_at
            )
    except BadNotification as bad:
        return _page(request, draft, status=422, refusal=i18n.refusal(bad))
    except IntegrityError:
        # The button was pressed twice: that is the same sending, if it says the same.
        if not before.filter(title=texts["title"], to=said["to"]).exists():
            return _page(request, draft, status=409, refusal=say("compose_sent_before"))
    return redirect("dashboard-sending", id=said["id"])


def _unproved(request: StaffRequest, draft: Draft) -> HttpResponse | None:
    """Not on the word of a browser that was left open: the draft again, until it is known who sends."""
    given = request.POST.get("proof", "")
    if not given:
        return _page(request, draft, status=422, refusal=say("compose_prove_first"))
    try:
        if reauthentication.prove(request, given):
            return None
    except attempts.TooMany as many:
        return later(_page(request, draft, refusal=waiting(many)), many)
    return _page(request, draft, status=422, refusal=say("compose_prove_wrong"))


def _counted(typed: str, people: int) -> bool:
    digits = re.sub(r"\s", "", typed)
    return digits.isdecimal() and len(digits) < 20 and int(digits) == people


def _page(
    request: StaffRequest,
    draft: Draft,
    *,
    status: int = 200,
    seen: bool = True,
    refusal: str = "",
    done: str = "",
) -> HttpResponse:
    """The form again; ``seen`` with what it would do."""
    reached = draft.audience if seen else None
    faults = [
        (draft[name], error)
        for name, errors in draft.errors.items()
        if name in draft.fields
        for error in errors
    ]
    choices = _choices()
    context = {
        "draft": draft,
        "id": time_ordered_id(),  # a button that was pressed is not pressed again
        "done": done,
        "refusal": refusal,
        "seen": seen,
        "faults": faults,
        "reached": reached,
        "confirm": reached is not None and reached.role == "broadcast",
        "prove": not reauthentication.fresh(request),
        "may_send": reached is None or may(request.user, reached.role),
        "preview": preview(draft, request.user) if seen else None,
        "language": draft.chosen("language"),
        "theme": draft.chosen("theme"),
        "width": draft.chosen("width"),
        "templates": [(id, name) for kind, id, name in choices if kind == TEMPLATE],
        "groups": [name for kind, _, name in choices if kind == GROUP],
        "segments": segments.names(),
    }
    return render(request, "notifications/dashboard/compose.html", context, status=status)


def _choices() -> list[tuple[int, int, str]]:
    """Templates and groups, by name: kind, id, name. Asked together, as there are ten questions a page."""
    of = ((Template.objects, TEMPLATE), (Group.objects, GROUP))
    named = [
        rows.order_by().annotate(kind=Value(kind)).values_list("kind", "pk", "name") for rows, kind in of
    ]
    return list(named[0].union(named[1], all=True).order_by("name"))


paths = [path("send/", compose, name="dashboard-compose")]
