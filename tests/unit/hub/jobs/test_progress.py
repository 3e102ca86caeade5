"""`progress()`: how far a job is, while it runs and when it ends, whatever becomes of the log."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from hub import BadProgress, BadTopic, progress
from hub.events import BadKey
from hub.jobs import appender as appending
from hub.jobs.progress import INTERVAL_S, MAX_NUMBER
from hub.log import Log
from tests.unit.hub.jobs.conftest import Gate, bodies_on, until

DataOn = Callable[[str], list[dict[str, Any]]]


def test_it_begins_at_nothing_and_ends_done(data_on: DataOn) -> None:
    with progress("job-1", total=3) as job:
        until(lambda: data_on("job-1"), "the first event")
        for _ in range(3):
            job.advance()

    assert data_on("job-1")[0] == {"state": "running", "done": 0, "of": 3}
    assert data_on("job-1")[-1] == {"state": "done", "done": 3, "of": 3}


def test_async_code_uses_the_same(data_on: DataOn) -> None:
    async def work() -> None:
        async with progress("job-1", total=1) as job:
            job.advance()

    asyncio.run(work())

    assert data_on("job-1")[-1] == {"state": "done", "done": 1, "of": 1}


def test_an_exception_ends_it_failed_and_tells_its_class_alone(data_on: DataOn) -> None:
    def work() -> None:
        with progress("job-1", total=3) as job:
            job.advance()
            raise LookupError("password=secret")

    with pytest.raises(LookupError):
        work()

    last = data_on("job-1")[-1]
    assert last == {"state": "failed", "done": 1, "of": 3, "error": "LookupError"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_so_does_what_is_no_error(data_on: DataOn, error: type[BaseException]) -> None:
    with pytest.raises(error), progress("job-1"):
        raise error

    assert data_on("job-1")[-1] == {"state": "failed", "done": 0, "of": None, "error": error.__name__}


def test_an_async_job_that_is_cancelled_has_failed(data_on: DataOn) -> None:
    async def work() -> None:
        async with progress("job-1"):
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())

    assert data_on("job-1")[-1]["state"] == "failed"


def test_it_does_not_wait_for_the_transaction_around_it(data_on: DataOn, transactional_db: None) -> None:
    with transaction.atomic():
        with progress("job-1", total=1) as job:
            job.advance()
        told = data_on("job-1")[-1]
        transaction.set_rollback(True)

    assert told["state"] == "done"


def test_events_are_apart_however_fast_it_advances(live_log: Log) -> None:
    began = time.monotonic()
    with progress("job-1", total=50_000) as job:
        for _ in range(50_000):
            job.advance()
    ran_s = time.monotonic() - began

    # The first, one an interval, and the last.
    assert len(bodies_on(live_log, "job-1")) <= ran_s / INTERVAL_S + 3


def test_a_step_that_nothing_follows_is_published_all_the_same(data_on: DataOn) -> None:
    with progress("job-1", total=3) as job:
        job.advance()
        job.advance()

        until(lambda: data_on("job-1")[-1:] == [{"state": "running", "done": 2, "of": 3}], "the second step")


def test_the_total_may_become_known_later_and_grow(data_on: DataOn) -> None:
    with progress("job-1", label="counting") as job:
        job.set(total=10)
        job.advance(10, label="copying")
        job.set(total=12)
        job.set(11.5)

    assert data_on("job-1")[-1] == {"state": "done", "done": 11.5, "of": 12, "label": "copying"}


def test_each_item_of_a_loop_counts(data_on: DataOn) -> None:
    with progress("job-1") as job:
        doubled = [2 * item for item in job.each([1, 2, 3])]

    assert doubled == [2, 4, 6]
    assert data_on("job-1")[-1] == {"state": "done", "done": 3, "of": 3}


def test_a_loop_over_what_has_no_length_counts_as_well(data_on: DataOn) -> None:
    with progress("job-1") as job:
        list(job.each(iter("abc")))

    assert data_on("job-1")[-1] == {"state": "done", "done": 3, "of": None}


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1", None, True, MAX_NUMBER + 1, 10**400])
def test_a_step_that_is_no_number_is_refused_and_changes_nothing(live_log: Log, wrong: Any) -> None:
    with progress("job-1", total=5) as job:
        job.advance(2)
        with pytest.raises(BadProgress, match="by is"):
            job.advance(wrong)

        assert job.done == 2


def test_more_than_all_is_refused_and_changes_nothing(live_log: Log) -> None:
    with progress("job-1", total=3) as job:
        job.advance(2)
        with pytest.raises(BadProgress, match=r"4 of 3 is more than all: .*set\(total"):
            job.advance(2, label="too far")
        with pytest.raises(BadProgress, match="2 of 1"):
            job.set(total=1)

        assert (job.done, job.total) == (2, 3)


def test_nothing_advances_before_or_after_its_block(live_log: Log) -> None:
    job = progress("job-1")
    with pytest.raises(BadProgress, match="with progress"):
        job.advance()
    with job:
        pass
    with pytest.raises(BadProgress, match="with progress"):
        job.set(1)
    with pytest.raises(BadProgress, match="entered once"):
        job.__enter__()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("user-1",), BadTopic),
        (("everyone",), BadTopic),
        (("two words",), BadTopic),
        (("job-1", -1), BadProgress),
        (("job-1", "many"), BadProgress),
    ],
)
def test_what_cannot_be_a_progress_is_refused_at_once(
    live_log: Log, arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        progress(*arguments)


def test_a_key_that_no_value_can_have_is_refused_at_once(live_log: Log) -> None:
    with pytest.raises(BadKey):
        progress("job-1", key="two\nlines")


def test_a_label_of_any_characters_is_published(data_on: DataOn) -> None:
    with progress("job-1", label="caf\udce9 \x00 \u2028"):
        pass

    assert data_on("job-1")[-1]["label"] == "caf\\udce9 \x00 \u2028"


@pytest.mark.parametrize("wrong", ["x" * 1001, 7, b"copying"])
def test_a_label_that_is_no_text_or_too_long_is_refused(live_log: Log, wrong: Any) -> None:
    with progress("job-1") as job, pytest.raises(BadProgress, match="label"):
        job.set(label=wrong)


def test_a_log_that_is_away_neither_fails_nor_holds_up_the_job(
    gate: Gate, data_on: DataOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "FIRST_RETRY_S", 0.01)
    gate.away = True
    with progress("job-1", total=1) as job:
        job.advance()
    assert data_on("job-1") == []

    gate.away = False

    until(lambda: data_on("job-1"), "the last state, once the log is back")
    assert data_on("job-1") == [{"state": "done", "done": 1, "of": 1}]


def test_a_slow_log_holds_up_no_step(gate: Gate, data_on: DataOn) -> None:
    gate.let_go.clear()
    with progress("job-1", total=100) as job:
        until(lambda: gate.attempts, "the first attempt")
        for _ in range(100):
            job.advance()
        assert job.done == 100
        gate.let_go.set()

    assert data_on("job-1")[-1]["state"] == "done"


def test_race_the_end_never_overtakes_what_is_on_its_way(gate: Gate, data_on: DataOn) -> None:
    gate.let_go.clear()
    job = progress("job-1", total=1)
    job.__enter__()
    until(lambda: gate.attempts, "the first event on its way")
    end = threading.Thread(target=job.__exit__, args=(None, None, None))
    end.start()
    until(lambda: job.over, "the end")

    gate.let_go.set()
    end.join(10)

    assert [told["state"] for told in data_on("job-1")] == ["running", "done"]


def test_race_steps_of_many_threads_all_count(live_log: Log) -> None:
    with progress("job-1", total=4000) as job:
        threads = [threading.Thread(target=lambda: list(job.each(range(500)))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert job.done == 4000


def test_its_events_are_of_one_value(live_log: Log) -> None:
    with progress("job-1", key="import"):
        pass

    assert {event["key"] for event in bodies_on(live_log, "job-1")} == {"import"}
