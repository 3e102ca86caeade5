"""The live tail: what travels to one person, or on one topic, as it does.

Watching somebody's inbox is an act: it begins with a POST that is audited, and the page that listens is
found only by its entry, for a day and for whoever made it. The feed opens by the same entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hub import topics
from notifications import i18n
from notifications.access import audit, judge, names, users
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard import responses
from notifications.dashboard.parameters import number
from notifications.models import AuditEntry

MAX_TOPICS = 100  # of one feed
MAX_QUERY = 6000  # characters of an address that every server takes


@needs("manage")
@require_http_methods(["GET", "HEAD", "POST"])
def tail(request: StaffRequest) -> HttpResponse:
    """The form, what it starts (POST), and what was started (``?entry=``)."""
    if "entry" in request.GET and request.method != "POST":
        return _watch(request)
    form = request.POST if request.method == "POST" else request.GET
    asked = {name: form.get(name, "").strip() for name in ("person", "topic")}
    problem = ""
    if request.method == "POST":
        try:
            target = _target(form)
            with transaction.atomic():
                entry = audit.record(request, "tail", target.name, **target.detail)
            return redirect(f"{reverse('dashboard-tail')}?entry={entry.pk}")
        except topics.BadTopic as bad:
            problem = i18n.refusal(bad)
        except ValueError as bad:
            problem = str(bad)
    context = {"asked": asked, "problem": problem, "most": MAX_TOPICS}
    return render(request, "notifications/dashboard/tail.html", context, status=422 if problem else 200)


@dataclass(frozen=True, slots=True)
class _Target:
    name: str  # as the audit log names it
    detail: dict[str, str]


def _target(form: QueryDict) -> _Target:
    """Whom or what a form asks to watch; raise `BadTopic`, or `ValueError` with a sentence."""
    person, topic = form.get("person", "").strip(), form.get("topic", "").strip()
    if bool(person) == bool(topic):
        raise ValueError(i18n.say("watch_tail_one"))
    if person:
        user = users.named(person)
        if user is None:
            raise ValueError(i18n.say("watch_no_person", name=person[:80]))
        return _Target(f"user:{person}", {"person": str(user.pk)})
    (topic,) = names.meant([topic])
    if topic.startswith(names.ADDRESS):
        raise ValueError(i18n.say("refused_unknown_recipient", name=topic[:80]))
    topics.check(topic)
    if topics.is_room(topic):
        raise ValueError(i18n.say("watch_tail_room"))
    if topic.startswith("hub."):
        raise ValueError(i18n.say("watch_tail_hub"))
    shown = names.labels([topic])[topic]
    return _Target(f"topic:{topic}" if shown == topic else shown, {"topic": topic})


def _watch(request: StaffRequest) -> HttpResponse:
    entry = _entry(request)
    wanted = _topics(entry)
    shown = wanted[:MAX_TOPICS]
    while len(responses.listening(shown)) > MAX_QUERY:
        shown = shown[:-1]
    context = {
        "entry": entry,
        "shown": names.labels(shown),
        "left": len(wanted) - len(shown),
        "query": responses.listening(shown),
        "live_words": responses.texts(
            "watch_tail_pause",
            "watch_tail_resume",
            "watch_tail_waiting",
            "watch_tail_count",
            "watch_tail_gap",
            "watch_tail_skipped",
        ),
    }
    return render(request, "notifications/dashboard/tail.html", context)


def _entry(request: StaffRequest) -> AuditEntry:
    id = number(request.GET["entry"])
    since = timezone.now() - judge.TAIL_VALID
    entry = AuditEntry.objects.filter(pk=id, act="tail", actor_id=request.user.pk, at__gt=since).first()
    if entry is None:
        raise Http404("No tail was begun under this entry: begin one.")
    return entry


def _topics(entry: AuditEntry) -> tuple[str, ...]:
    if topic := entry.detail.get("topic"):
        return (topic,)
    user = User.objects.filter(pk=entry.detail.get("person")).first()
    if user is None:
        raise Http404("This person is gone.")
    return judge.own_topics(user)


paths = [path("tail/", tail, name="dashboard-tail")]
