"""Agent runs as staff see them, and stop them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Run, RunPart
from notifications.runs import overview

PATH = "/dashboard/runs/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(person: Callable[[str], User]) -> Run:
    return begun(person("alice"), "What is SSE?")


def begun(owner: User, title: str, **more: Any) -> Run:
    return Run.objects.create(
        owner=owner, title=title, lease_s=15, leased_until=timezone.now() + timedelta(minutes=1), **more
    )


def reported(client: Client) -> dict[str, Any]:
    answer = client.get(PATH)
    assert answer.status_code == 200
    found = re.search(r'<script id="report" type="application/json">(.*?)</script>', answer.content.decode())
    assert found is not None
    return dict(json.loads(found[1]))


def test_open_runs_and_those_that_ended_are_listed_without_their_texts(viewer: Client, run: Run) -> None:
    RunPart.objects.create(run=run, first=1, last=9, text="secret words", tokens=7)
    begun(
        run.owner, "Before", state="done", ended_at=timezone.now(), text="secret words", tokens=3, folded=True
    )

    report = reported(viewer)

    assert [(one["owner"], one["title"], one["tokens"]) for one in report["open"]] == [
        ("alice", "What is SSE?", 7)
    ]
    assert [(one["title"], one["state"], one["tokens"]) for one in report["ended"]] == [("Before", "done", 3)]
    assert "secret" not in viewer.get(PATH).content.decode()


def test_the_list_is_bounded_and_says_how_many_there_are(viewer: Client, run: Run) -> None:
    for n in range(overview.MAX_LISTED + 4):
        begun(run.owner, f"run {n}")

    report = reported(viewer)

    assert len(report["open"]) == overview.MAX_LISTED
    assert report["count"] == overview.MAX_LISTED + 5


def test_a_manager_stops_a_run_and_it_is_audited(manager: Client, run: Run) -> None:
    answer = manager.post(f"{PATH}{run.pk}/stop", headers={"Accept": "application/json"})

    run.refresh_from_db()
    assert answer.json() == {"message": "Stopped."}
    assert (run.state, run.stopped_by) == ("stopped", "manager")
    entry = AuditEntry.objects.get(act="stop-run")
    assert (entry.actor, entry.target, entry.detail) == ("manager", str(run.pk), {"owner": "alice"})


def test_a_run_that_is_over_stays_as_it_is_and_nothing_is_audited(manager: Client, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state="done", ended_at=timezone.now())

    answer = manager.post(f"{PATH}{run.pk}/stop", headers={"Accept": "application/json"})

    run.refresh_from_db()
    assert (answer.status_code, run.state) == (409, "done")
    assert not AuditEntry.objects.filter(act="stop-run").exists()


def test_who_may_only_look_stops_nothing(viewer: Client, run: Run) -> None:
    answer = viewer.post(f"{PATH}{run.pk}/stop")

    run.refresh_from_db()
    assert (answer.status_code, run.state) == (403, "running")
    assert "data-manages" not in viewer.get(PATH).content.decode()


def test_an_unknown_run_is_not_found(manager: Client) -> None:
    assert manager.post(f"{PATH}00000000-0000-0000-0000-000000000000/stop").status_code == 404
