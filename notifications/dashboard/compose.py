"""The page to compose a notification: write, preview, count the audience, test, send."""

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

from hub.support import transactions
from notifications import i18n
from notifications.access import audit
from notifications.access.roles import StaffRequest, may, needs
from notifications.dashboard.forms import Draft
from notifications.dashboard.parameters import row_id
from notifications.dashboard.preview import preview
from notifications.i18n import say
from notifications.models import Sending, Template, time_ordered_id
from notifications.sending import segments
from notifications.sending.audience import Audience
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify
from notifications.sign_in import attempts, reauthentication
from notifications.sign_in.views import too_many, wait_text

UNDO_FOR = timedelta(seconds=10)  # between the button and the first publish
ADDRESS_FIELDS = (("add_group", "group"), ("add_segment", "segment"), ("add_person", "user"))


@needs("send")
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _initial(request), reviewed=False)
    act = request.POST.get("act")
    draft = Draft.posted(_with_added(request, act))
    if act == "test":
        return _test(request, draft)
    if act == "send":
        return _send(request, draft)
    return _page(request, draft)


def _initial(request: StaffRequest) -> Draft:
    """An empty draft, or one from a template."""
    to, template = request.GET.get("to", ""), request.GET.get("template", "")
    if not template:
        return Draft(initial={"to": to})
    return Draft.from_template(get_object_or_404(Template, pk=row_id(template)))


def _with_added(request: StaffRequest, act: str | None) -> dict[str, Any]:
    """The posted form, with the addresses that the buttons next to the field add to it."""
    form = request.POST.dict()
    addresses = [form.get("to", "").rstrip()]
    if act == "everyone":
        addresses.append("everyone")
    elif act == "add":
        addresses += [
            f"{kind}:{name}" for field, kind in ADDRESS_FIELDS if (name := form.get(field, "").strip())
        ]
    return {**form, "to": "\n".join(filter(None, addresses))}


def _test(request: StaffRequest, draft: Draft) -> HttpResponse:
    """Send it to the sender alone, at once, whatever is wrong with the other fields."""
    name = request.user.get_username()
    if draft.texts is None:
        return _page(request, draft, status=422)
    texts = {**draft.texts, "key": ""}  # a key would replace the previous one
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
    if refused := _unauthorised(request, draft, reached):
        return refused
    id = draft.cleaned_data["id"]
    try:
        _notify(request, draft.cleaned_data, texts, reached.people)
    except BadNotification as bad:
        return _page(request, draft, status=422, refusal=i18n.refusal(bad))
    except IntegrityError:
        # Sent twice: a double click sends the same again, anything else is a changed draft.
        if not Sending.objects.filter(pk=id, title=texts["title"], to=draft.cleaned_data["to"]).exists():
            return _page(request, draft, status=409, refusal=say("compose_sent_before"))
    return redirect("notifications:dashboard-sending", id=id)


def _unauthorised(request: StaffRequest, draft: Draft, reached: Audience) -> HttpResponse | None:
    """The page that refuses a send which is not permitted or not confirmed; None if it is both."""
    if not may(request.user, reached.role):
        return _page(request, draft, status=403, refusal=say("compose_needs_broadcast"))
    if reached.role != "broadcast":
        return None
    if not _confirmed(draft.cleaned_data["confirm"], reached.people):
        return _page(request, draft, status=422, refusal=say("compose_wrong_number", n=reached.people))
    return None if reauthentication.fresh(request) else _reauthenticate(request, draft)


def _notify(request: StaffRequest, form: dict[str, Any], texts: dict[str, Any], people: int) -> None:
    now = timezone.now()

    def send() -> None:
        rows = notify(
            form["to"],
            **texts,
            expires_at=form["expires_at"],
            send_at=max(form["send_at"] or now, now + UNDO_FOR),
            sender=request.user.get_username(),
            sending_id=form["id"],
        )
        detail = {"to": form["to"], "title": texts["title"], "people": people}
        audit.record(request, "send", form["id"], **detail, due_at=rows[0].due_at.isoformat())

    transactions.run(send)


def _reauthenticate(request: StaffRequest, draft: Draft) -> HttpResponse | None:
    """Check the posted password or code; the draft again if it is missing or wrong, else None."""
    proof = request.POST.get("proof", "")
    if not proof:
        return _page(request, draft, status=422, refusal=say("compose_prove_first"))
    try:
        if reauthentication.prove(request, proof):
            return None
    except attempts.TooManyAttempts as many:
        return too_many(_page(request, draft, refusal=wait_text(many)), many)
    return _page(request, draft, status=422, refusal=say("compose_prove_wrong"))


def _confirmed(typed: str, people: int) -> bool:
    digits = re.sub(r"\s", "", typed)
    return digits.isdecimal() and len(digits) < 20 and int(digits) == people


def _page(
    request: StaffRequest,
    draft: Draft,
    *,
    status: int = 200,
    reviewed: bool = True,
    refusal: str = "",
    done: str = "",
) -> HttpResponse:
    """The form; ``reviewed``, with its errors, its audience and a preview."""
    reached = draft.audience if reviewed else None
    faults = [
        (draft[name], error)
        for name, errors in draft.errors.items()
        if name in draft.fields
        for error in errors
    ]
    templates, groups = _choices()
    context = {
        "draft": draft,
        "id": time_ordered_id(),  # new for each page, so that a page sends once
        "done": done,
        "refusal": refusal,
        "reviewed": reviewed,
        "faults": faults,
        "reached": reached,
        "confirm": reached is not None and reached.role == "broadcast",
        "prove": not reauthentication.fresh(request),
        "may_send": reached is None or may(request.user, reached.role),
        "preview": preview(draft, request.user) if reviewed else None,
        "language": draft.chosen("language"),
        "theme": draft.chosen("theme"),
        "width": draft.chosen("width"),
        "templates": templates,
        "groups": groups,
        "segments": segments.names(),
    }
    return render(request, "notifications/dashboard/compose.html", context, status=status)


def _choices() -> tuple[list[tuple[int, str]], list[str]]:
    """The templates (id and name) and the names of groups, in one query: the page is bound to ten."""
    rows = [
        found.order_by().annotate(kind=Value(kind)).values_list("kind", "pk", "name")
        for found, kind in ((Template.objects, "template"), (Group.objects, "group"))
    ]
    named = list(rows[0].union(rows[1], all=True).order_by("name"))
    templates = [(id, name) for kind, id, name in named if kind == "template"]
    return templates, [name for kind, _, name in named if kind == "group"]


paths = [path("send/", compose, name="dashboard-compose")]
