"""What is refused is said in the reader's words: the engine's own text is English, and for programs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.access import api_keys
from notifications.models import Template
from notifications.sending.notify import notify
from tests import ROOT
from tests.unit.notifications.dashboard.forms import COMPOSE, draft

WORDS = ROOT / "notifications" / "dashboard" / "words" / "en" / "refusals.json"
REFUSALS = {"BadFilter", "BadKey", "BadNotification", "BadTopic", "Problem", "TooLong"}
REFUSED = re.compile(r'<p [^>]*role="alert".*?</p>|<ul class="(?:faults|errorlist)".*?</ul>', re.DOTALL)
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
REASON = re.compile("[a-z]+(_[a-z]+)+")
ARABIC = re.compile(r"[\u0621-\u064a]{2,}")
NOT_SENT = [
    ("to", ""),
    ("to", "user:nobody"),
    ("to", "everyone\n" * 1001),
    ("to", "segment:newcomers"),
    ("to", "topic:nö"),
    ("to", "topic:user-7"),
    ("to", "topic:hub.control"),
    ("to", "everyone"),
    ("title", " "),
    ("title", "x" * 256),
    ("title", "tab\x1b"),
    ("body", "x" * 70_000),
    ("url", "javascript:alert(1)"),
    ("category", "Two Words"),
    ("severity", "fatal"),
    ("key", "x" * 201),
    ("send_at", "tomorrow"),
    ("expires_at", "2020-01-01T00:00"),
    ("expires_at", "tomorrow"),
    ("id", "7"),
    ("id", "6f2b6ad0-6a2c-4d63-9d31-0c39b6a0a6f1"),
    ("person", "x\x00"),
    ("language", "xx"),
]
QUIET = {"quiet": "on", "start": "22:00", "end": "07:00", "zone": "UTC"}


def alert(answer: Any) -> str:
    """Why a page says something was not done."""
    found = REFUSED.findall(answer.content.decode())
    return re.sub(r"<[^>]*>", " ", " ".join(found)).strip()


def in_arabic(alerts: str) -> bool:
    return bool(ARABIC.search(alerts)) and not ENGLISH.search(alerts) and "{" not in alerts


@pytest.fixture
def boss(staff: Callable[..., Client]) -> Client:
    client = staff("boss", "view", "send", "manage")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ar"
    return client


def test_whatever_cannot_be_sent_is_explained_in_arabic(boss: Client) -> None:
    form = {**draft(boss), "act": "send"}

    alerts = {
        (name, value[:40]): alert(boss.post(COMPOSE, {**form, name: value})) for name, value in NOT_SENT
    }

    assert {case: text for case, text in alerts.items() if not in_arabic(text)} == {}


@pytest.mark.parametrize("zone", ["UTC", "Mars"])
def test_a_time_that_cannot_be_is_explained_in_arabic(boss: Client, zone: str) -> None:
    soon = timezone.now() + timedelta(hours=1)
    rows = notify(["user:boss"], "Later", send_at=soon, expires_at=soon + timedelta(hours=1))

    path = f"/dashboard/scheduled/{rows[0].sending_id}/later"
    answer = boss.post(path, {"send_at": "2040-01-01T00:00", "zone": zone}, follow=True)

    assert in_arabic(alert(answer))


@pytest.mark.parametrize(
    "form",
    [
        {"name": ""},
        {"name": "taken"},
        {"scope": []},
        {"scope": ["everything"]},
        {"topics": "no!"},
        {"topics": "job-1\n" * 101},
    ],
)
def test_a_key_that_cannot_be_is_explained_in_arabic(boss: Client, form: dict[str, Any]) -> None:
    api_keys.create("taken", ["read"])

    answer = boss.post("/dashboard/keys/", {"name": "ci", "scope": ["send"], "topics": "", **form})

    assert in_arabic(alert(answer))


@pytest.mark.parametrize(
    "form",
    [
        {**QUIET, "end": "22:00"},
        {**QUIET, "start": ""},
        {**QUIET, "zone": "Mars"},
        {"category": ["security", "<b>"]},
        {"category": [f"c{number}" for number in range(101)]},
    ],
)
def test_a_choice_that_cannot_be_is_explained_in_arabic_to_staff_and_to_the_person(
    boss: Client, form: dict[str, Any]
) -> None:
    id = User.objects.get(username="boss").pk

    answers = [boss.post(path, form) for path in (f"/dashboard/people/{id}/preferences", "/preferences/")]

    assert all(in_arabic(alert(answer)) for answer in answers)


@pytest.mark.parametrize("query", ["topic=no!", f"person={'x' * 150}", "kind=pigeon"])
def test_a_filter_that_cannot_be_is_explained_in_arabic(boss: Client, query: str) -> None:
    assert in_arabic(alert(boss.get(f"/dashboard/connections/?{query}")))


@pytest.mark.parametrize("form", [{"topic": "no!"}, {"topic": "room-lobby"}, {"person": "nobody"}])
def test_a_tail_that_cannot_be_is_explained_in_arabic(boss: Client, form: dict[str, str]) -> None:
    assert in_arabic(alert(boss.post("/dashboard/tail/", form)))


def test_a_test_without_recipients_is_explained_in_arabic(boss: Client) -> None:
    assert in_arabic(alert(boss.post("/dashboard/connections/test", {"person": "nobody"})))


@pytest.mark.parametrize(
    "form", [{"name": "Taken"}, {"url": "builds"}, {"title": "x" * 256}, {"body": "\x1b"}]
)
def test_a_template_that_cannot_be_is_explained_in_arabic(boss: Client, form: dict[str, str]) -> None:
    Template.objects.create(name="Taken", title="x")

    answer = boss.post("/dashboard/templates/", {"name": "New", "title": "x", "severity": "info", **form})

    assert in_arabic(alert(answer))


def test_each_reason_that_is_named_has_its_words_and_no_other_has() -> None:
    calls = (
        call
        for package in ("hub", "notifications")
        for file in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute)
    )
    texts = (
        text.value
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in REFUSALS
        for reason in (*call.args[-1:], *(given.value for given in call.keywords if given.arg == "reason"))
        for text in ast.walk(reason)
        if isinstance(text, ast.Constant)
    )
    named = {f"refused_{text}" for text in texts if isinstance(text, str) and REASON.fullmatch(text)}

    assert named == json.loads(WORDS.read_text("utf-8")).keys()
