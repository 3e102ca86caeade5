"""The gallery: live topics as pages to look at. In demo mode alone; otherwise there is nothing here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hub.errors import CONTENT_TYPE, Problem
from hub.log import LogAway
from notifications import i18n
from notifications.access.requests import PersonRequest
from notifications.demo import instance_kill
from notifications.demo.agent import agent
from notifications.demo.gallery_pages import PAGES, GalleryPage
from notifications.demo.playback import play_again
from notifications.demo.recorded_answers import QUESTIONS
from notifications.demo.scenes import sample_notifications
from notifications.models import UNSAYABLE, Room
from notifications.models.notification import MAX_TITLE
from notifications.rooms import kinds
from notifications.rooms.registry import of as rooms_of

View = Callable[..., HttpResponse]


def _in_demo(view: View) -> View:
    """Decorates a view that exists in demo mode alone, for people who are signed in. It is in English."""

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.HUB_DEMO:
            raise Http404
        with translation.override("en"):
            try:
                return login_required(view)(request, *args, **kwargs)
            except Problem as problem:
                return _refused(problem)
            except LogAway:
                return _refused(Problem(503, "The log is away: try again in a moment.", retry_after=2))

    return answer


@_in_demo
@require_GET
def index(request: PersonRequest) -> HttpResponse:
    context = {"pages": PAGES, "rooms": [_room(room) for room in rooms_of(request.user)]}
    return render(request, "notifications/demo/index.html", context)


@_in_demo
@require_GET
def page(request: PersonRequest, name: str) -> HttpResponse:
    found = _page(name)
    try:
        kill_refused = instance_kill.refusal()
    except LogAway:
        kill_refused = "The log is away: wait until it is back."
    context = {
        "page": found,
        "topics": found.topics_of(request.user.pk),
        "kill_refused": kill_refused,
        "questions": QUESTIONS.values() if found.name == "chat" else (),
    }
    return render(request, f"notifications/demo/{found.name}.html", context)


@_in_demo
@require_GET
def build(request: PersonRequest, number: int) -> HttpResponse:
    """Where the notifications of the demo lead: in an application it would be the build's own page."""
    return render(request, "notifications/demo/linked_build.html", {"number": number})


@_in_demo
@require_POST
def begin(request: PersonRequest, name: str) -> HttpResponse:
    """Begin another run of what a page shows; 204, also where one is under way."""
    found = _page(name)
    if found.name == "feed":
        sample_notifications.send(request.user, timezone.now() + timedelta(seconds=1))
    for topic in found.topics_of(request.user.pk):
        play_again(topic)
    return HttpResponse(status=204)


@_in_demo
@require_POST
def ask(request: PersonRequest) -> HttpResponse:
    """Have the agent answer a ``prompt``; 201 with the id of the run."""
    prompt = " ".join(request.POST.get("prompt", "").split())
    if not prompt or len(prompt) > MAX_TITLE or UNSAYABLE.search(prompt):
        raise Problem(422, f"Ask something, in at most {MAX_TITLE} characters.", field="prompt")
    return JsonResponse({"run": str(agent.ask(request.user, prompt))}, status=201)


@_in_demo
@require_POST
def kill(request: PersonRequest) -> HttpResponse:
    """Kill the instance that holds the person's stream; 202, as the stream tells the rest."""
    instance_kill.request(request.POST.get("instance", "")[:255], str(request.user.pk))
    return HttpResponse(status=202)


def _room(room: Room) -> dict[str, str]:
    known = room.kind if room.kind in kinds.NAMES else "other"
    hint = i18n.say(f"kind_{known}_hint")
    return {"name": room.name, "kind": i18n.say(f"kind_{known}"), "icon": f"room-{known}", "hint": hint}


def _page(name: str) -> GalleryPage:
    for found in PAGES:
        if found.name == name:
            return found
    raise Http404


def _refused(problem: Problem) -> HttpResponse:
    return HttpResponse(
        problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )


urlpatterns = [
    path("", index, name="demo"),
    path("kill", kill, name="demo-kill"),
    path("chat/ask", ask, name="demo-ask"),
    path("<name>/", page, name="demo-page"),
    path("<name>/begin", begin, name="demo-begin"),
]
