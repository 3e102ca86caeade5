"""What docs/python.md and the README show in Python does what is said beside it."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import RequestFactory

from hub.log import Log
from notifications.models import Notification
from tests import ROOT
from tests.house.page import Page, page
from tests.unit.notifications.conftest import events_on

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("people")]

README = Page(ROOT / "README.md")
PAGE = page("python")

Shown = Callable[..., dict[str, Any]]


@pytest.fixture
def people() -> None:
    User.objects.create_user("alice")
    Group.objects.create(name="ops")


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The names that the block with these words defines, in a project that has Celery."""
    monkeypatch.setitem(sys.modules, "celery", SimpleNamespace(shared_task=lambda task: task))

    def run(words: str, of: Page = PAGE) -> dict[str, Any]:
        (found,) = (block.text for block in of.blocks if block.kind == "python" and words in block.text)
        program = tmp_path / "shown.py"
        program.write_text(found)
        return runpy.run_path(str(program))

    return run


def titles() -> list[str]:
    return sorted(Notification.objects.filter(recalled_at=None).values_list("title", flat=True))


def test_a_view_sends(shown: Shown, live_log: Log, rf: RequestFactory) -> None:
    shown("def approve")["approve"](rf.post("/"), 7)

    row = Notification.objects.get()
    assert (row.title, row.url) == ("Order 7 is approved", "/orders/7")
    assert row.position is not None


def test_what_is_rolled_back_is_not_sent(shown: Shown, live_log: Log, rf: RequestFactory) -> None:
    with transaction.atomic():
        shown("def approve")["approve"](rf.post("/"), 7)
        transaction.set_rollback(True)

    assert not titles()
    assert not events_on(live_log, f"user-{User.objects.get().pk}")


def test_an_async_view_sends(shown: Shown, live_log: Log, rf: RequestFactory) -> None:
    async_to_sync(shown("async def cancel")["cancel"])(rf.post("/"), 7)

    assert titles() == ["Order 7 was cancelled"]


def test_a_task_that_runs_twice_sends_once(shown: Shown, live_log: Log) -> None:
    report_ready = shown("sending_id")["report_ready"]

    report_ready("Monday")
    report_ready("Monday")
    report_ready("Tuesday")

    assert titles() == ["The report of Monday is ready", "The report of Tuesday is ready"]


def test_a_notification_is_recalled(shown: Shown, live_log: Log, rf: RequestFactory) -> None:
    shown("def approve")["approve"](rf.post("/"), 7)

    shown("def withdraw")["withdraw"](Notification.objects.get())

    assert not titles()


def test_a_live_event_is_published(shown: Shown, live_log: Log) -> None:
    shown("publish(f")["progress"](42, 3, 10)

    (event,) = events_on(live_log, "job-42")
    assert event["data"] == {"done": 3, "of": 10}


def test_the_readme_sends_from_a_view_and_from_a_task(
    shown: Shown, live_log: Log, rf: RequestFactory
) -> None:
    names = shown("notify(", README)

    names["approve"](rf.post("/"), 7)
    names["nightly_report"]()

    assert titles() == ["Order 7 is approved", "The nightly report is ready"]
