"""A run ends once, and its last event follows from the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.log import Log, LogAway
from notifications.models import Run
from notifications.runs import leases, lifecycle
from tests.unit.notifications.conftest import events_on

State = Run.State
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("state", "facts", "type", "data"),
    [
        (State.DONE, {"outcome": {"n": 1}}, "done", {"outcome": {"n": 1}}),
        (State.FAILED, {"detail": "no model"}, "error", {"detail": "no model"}),
        (State.STOPPED, {"by": "alice"}, "stopped", {"by": "alice"}),
        (State.LOST, {}, "lost", {"lease_s": 15}),
    ],
)
def test_each_end_has_an_event_of_its_own(
    live_log: Log,
    begin: Callable[..., Run],
    state: Run.State,
    facts: dict[str, object],
    type: str,
    data: object,
) -> None:
    run = lifecycle.end(begin(), state, **facts)  # type: ignore[arg-type]

    (last,) = events_on(live_log, run.topic)
    assert (last["type"], last["data"]) == (type, data)
    run.refresh_from_db()
    assert run.ended_position == int(last["position"])


@pytest.mark.parametrize("second", [State.STOPPED, State.LOST, State.FAILED])
def test_the_first_end_counts(live_log: Log, begin: Callable[..., Run], second: Run.State) -> None:
    run = lifecycle.end(begin(), State.DONE)

    again = lifecycle.end(run, second, by="bob", detail="late")

    assert (again.state, again.stopped_by, again.detail) == (State.DONE, "", "")
    assert [event["type"] for event in events_on(live_log, run.topic)] == ["done"]


def test_an_end_that_the_log_did_not_take_is_published_later(
    live_log: Log, begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin()
    with monkeypatch.context() as away:
        away.setattr(live_log, "append", _away)
        lifecycle.end(run, State.DONE)
    Run.objects.update(ended_at=timezone.now() - timedelta(seconds=5))

    leases.publish_missed()
    leases.publish_missed()

    assert [event["type"] for event in events_on(live_log, run.topic)] == ["done"]


def test_only_a_run_whose_lease_ran_out_is_lost(begin: Callable[..., Run]) -> None:
    silent, talking, queued = begin(), begin(), begin(queued=True)
    past = timezone.now() - timedelta(seconds=1)
    Run.objects.exclude(pk=talking.pk).update(leased_until=past)

    leases.end_lost()

    states = {run.pk: run.state for run in Run.objects.all()}
    assert states == {silent.pk: "lost", talking.pk: "running", queued.pk: "queued"}


def test_race_a_producer_that_calls_as_its_lease_runs_out_keeps_its_run(begin: Callable[..., Run]) -> None:
    run = begin()
    Run.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    silent = leases.silent(timezone.now())
    found = Run.objects.filter(silent).get()
    Run.objects.update(leased_until=timezone.now() + timedelta(seconds=15))

    lifecycle.end(found, State.LOST, where=silent)

    run.refresh_from_db()
    assert run.state == "running"


def _away(*args: object) -> list[int]:
    raise LogAway("gone")
