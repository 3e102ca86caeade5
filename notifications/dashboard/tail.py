"""Live events: the events to one person or topic as they happen.

Watching is an audited action: it starts with a POST, and the page is addressed by its entry in the audit log,
which works for a day and for the user who made it. The feed is authorised by the same entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hub import topics
from notifications import i18n, user_model
from notifications.access import audit, judge, names, users
from notifications.access.roles import StaffRequest, needs
from notifications.dashboard import responses
from notifications.dashboard.parameters import row_id
from notifications.models import AuditEntry, user_numbers

MAX_TOPICS = 100  # per feed
MAX_QUERY_LENGTH = 6000  # characters; every server accepts a URL with it


@needs("manage")
@require_http_methods(["GET", "HEAD", "POST"])
def tail(request: StaffRequest) -> HttpResponse:
    """The form; on POST an entry for what it names; with ``?entry=`` the page that shows its events."""
    if "entry" in request.GET and request.method != "POST":
        return _live_page(request)
    form = request.POST if request.method == "POST" else request.GET
    asked = {name: form.get(name, "").strip() for name in ("person", "topic")}
    problem = ""
    if request.method == "POST":
        try:
            target = _target(form)
            with transaction.atomic():
                entry = audit.record(request, "tail", target.name, **target.detail)
            return redirect(f"{reverse('notifications:dashboard-tail')}?entry={entry.pk}")
        except topics.BadTopic as bad:
            problem = i18n.refusal(bad)
        except ValueError as bad:
            problem = str(bad)
    context = {"asked": asked, "problem": problem, "max_topics": MAX_TOPICS}
    return render(request, "notifications/dashboard/tail.html", context, status=422 if problem else 200)


@dataclass(frozen=True, slots=True)
class _Target:
    """What is watched: its ``name`` in the audit log, and the id or topic in the entry's ``detail``."""

    name: str
    detail: dict[str, str]


def _target(form: QueryDict) -> _Target:
    """The person or topic a form names. Raises `BadTopic`, or `ValueError` with a sentence."""
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
    label = names.labels([topic])[topic]
    return _Target(f"topic:{topic}" if label == topic else label, {"topic": topic})


def _live_page(request: StaffRequest) -> HttpResponse:
    entry = _entry(request)
    every = _topics(entry)
    followed = every[:MAX_TOPICS]
    while len(responses.feed_query(followed)) > MAX_QUERY_LENGTH:
        followed = followed[:-1]
    context = {
        "entry": entry,
        "labels": names.labels(followed),
        "left_out": len(every) - len(followed),
        "query": responses.feed_query(followed),
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
    id = row_id(request.GET["entry"])
    since = timezone.now() - judge.TAIL_VALID
    entry = AuditEntry.objects.filter(
        pk=id, act="tail", actor_id=user_numbers.of(request.user.pk), at__gt=since
    ).first()
    if entry is None:
        raise Http404("This entry started no live events, or has expired.")
    return entry


def _topics(entry: AuditEntry) -> tuple[str, ...]:
    if topic := entry.detail.get("topic"):
        return (topic,)
    user = user_model.users().filter(pk=user_model.key_of(f"{entry.detail.get('person')}")).first()
    if user is None:
        raise Http404("This user no longer exists.")
    return judge.own_topics(user)


paths = [path("tail/", tail, name="dashboard-tail")]
