"""A run that a project's own code produces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from hub.errors import Problem
from hub.events import Event
from hub.log import Log, LogAway
from notifications import RunStopped, arun, run
from notifications.models import Run
from notifications.runs import lifecycle, text
from notifications.runs.producer import RunProducer
from notifications.runs.shared import production

pytestmark = pytest.mark.django_db(transaction=True)
TOKENS = [f"word {n} " for n in range(700)]  # more than one call takes


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    production.store()


def state() -> str:
    return Run.objects.get().state


def test_left_normally_it_is_done_with_every_event_in_order(live_log: Log, alice: User) -> None:
    with run("alice", title="Why?") as one:
        one.phase("writing")
        for token in TOKENS:
            one.token(token)
        one.outcome = {"tokens": len(TOKENS)}

    row = Run.objects.get()
    found = events_of(live_log, row)
    assert [event.data["text"] for event in found[1:-1]] == TOKENS
    assert (found[0].type, found[-1].type) == ("phase", "done")
    assert (row.state, row.outcome) == ("done", {"tokens": len(TOKENS)})
    assert text.now(row) == ("".join(TOKENS), len(TOKENS))


def test_an_exception_fails_it_and_goes_on(live_log: Log, alice: User) -> None:
    with pytest.raises(KeyError):
        fail(run(alice))

    row = Run.objects.get()
    assert (row.state, row.detail) == ("failed", "KeyError")
    assert [event.type for event in events_of(live_log, row)] == ["token", "error"]


def test_a_stop_ends_the_block_quietly(live_log: Log, alice: User) -> None:
    numbers = iter(range(1_000_000))
    with run(alice) as one:
        for number in numbers:
            one.token("x")
            if number == 10:
                lifecycle.end(Run.objects.get(), Run.State.STOPPED, by="alice")
                production.ended(one.id)

    assert one.stopped
    assert state() == "stopped"
    assert next(numbers) < 999_999


def test_what_no_run_may_have_is_raised_and_fails_it(live_log: Log, alice: User) -> None:
    with pytest.raises(Problem, match="ends a run"):
        end_by_an_event(run(alice))

    assert state() == "failed"


def test_race_a_call_of_which_the_answer_was_lost_appends_nothing_twice(
    live_log: Log, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, lost = live_log.append, list[object]()

    def appended_and_lost(*args: object) -> list[int]:
        positions = append(*args)  # type: ignore[arg-type]
        if len(lost) < 3:
            lost.append(positions)
            raise LogAway("the answer did not come")
        return positions

    with run(alice) as one:
        monkeypatch.setattr(live_log, "append", appended_and_lost)
        for token in TOKENS[:50]:
            one.token(token)

    assert text.now(Run.objects.get())[0] == "".join(TOKENS[:50])


async def test_async_code_awaits_the_same(live_log: Log, alice: User) -> None:
    async with arun("alice") as one:
        await one.phase("writing")
        for token in TOKENS:
            await one.token(token)

    row = await Run.objects.aget()
    assert row.state == "done"
    assert (await asyncio.to_thread(text.now, row))[0] == "".join(TOKENS)


async def test_async_code_that_waits_for_a_stop_is_woken(live_log: Log, alice: User) -> None:
    async with arun(alice) as one:
        await one.token("thinking")
        row = await Run.objects.aget()
        await asyncio.to_thread(lifecycle.end, row, Run.State.STOPPED, by="alice")
        production.ended(one.id)
        await asyncio.wait_for(one.until_stopped(), 10)
        with pytest.raises(RunStopped):
            await one.token("more")

    assert (await Run.objects.aget()).state == "stopped"


def test_before_it_is_entered_it_has_no_events(alice: User) -> None:
    with pytest.raises(RuntimeError, match="not begun"):
        run(alice).token("x")


def test_an_unknown_owner_is_named(live_log: Log, db: None) -> None:
    with pytest.raises(ValueError, match="'nobody'"), run("nobody"):
        pass


def events_of(log: Log, row: Run) -> list[Event]:
    """All pages of it."""

    async def read() -> list[Event]:
        found: list[Event] = []
        after, more = 0, True
        while more:
            page = await log.read({row.topic: after})
            found += page.events
            after, more = page.upto, page.more
        return found

    return asyncio.run(read())


def fail(begun: RunProducer) -> None:
    with begun as one:
        one.token("so far")
        raise KeyError("a secret")


def end_by_an_event(begun: RunProducer) -> None:
    with begun as one:
        one.event("done", {})
        while True:
            one.token("x")
