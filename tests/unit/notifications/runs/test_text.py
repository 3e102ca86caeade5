"""The text of a run, put together from the log and the parts that were stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.log import Log
from notifications.models import Run, RunPart
from notifications.runs import lifecycle, text
from notifications.runs.production import Production
from notifications.runs.recorder import RunRecorder
from notifications.runs.text import Stretch

pytestmark = pytest.mark.django_db(transaction=True)


def produced(run: Run, recorder: RunRecorder, *texts: str) -> None:
    Production(recorder).append(run.pk, [("token", {"text": text}) for text in texts])
    recorder.store_now()


def folded(log: Log, run: Run) -> Run:
    lifecycle.end(run, Run.State.DONE)
    Run.objects.update(ended_at=run.started_at - timedelta(seconds=10))
    asyncio.run(text.fold_due(log))
    run.refresh_from_db()
    return run


def test_it_is_what_the_tokens_are_together(live_log: Log, begin: Callable[..., Run]) -> None:
    run = begin()
    produced(run, RunRecorder(), "Server", "-sent ", "évents 🙂")

    run = folded(live_log, run)

    assert (run.text, run.tokens, run.folded) == ("Server-sent évents 🙂", 3, True)
    assert not RunPart.objects.exists()


def test_before_it_is_folded_it_is_what_was_stored(begin: Callable[..., Run]) -> None:
    run = begin()
    produced(run, RunRecorder(), "so ", "far")

    assert text.now(run) == ("so far", 2)


def test_a_nul_is_stored_as_the_sign_for_what_cannot_be_shown(
    live_log: Log, begin: Callable[..., Run]
) -> None:
    run = begin()
    produced(run, RunRecorder(), "a\0b")

    assert folded(live_log, run).text == "a�b"


@pytest.mark.parametrize(
    ("parts", "logged", "whole"),
    [
        ([(1, 3, "abc")], [(4, "d")], "abcd"),
        ([(1, 3, "abc")], [(2, "b"), (3, "c"), (4, "d")], "abcd"),
        ([(1, 3, "abc"), (1, 3, "abc")], [], "abc"),
        ([(3, 4, "cd"), (1, 2, "ab")], [(5, "e")], "abcde"),
        ([], [(1, "a"), (2, "b")], "ab"),
    ],
)
def test_each_token_is_in_it_once(
    parts: list[tuple[int, int, str]], logged: list[tuple[int, str]], whole: str
) -> None:
    rows = [RunPart(first=first, last=last, text=text, tokens=1) for first, last, text in parts]

    found = text.merged(rows, [Stretch(position, text, 1) for position, text in logged])

    assert "".join(one.text for one in found) == whole


def test_tokens_that_the_database_did_not_take_are_stored_later(
    begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recorder = begin(), RunRecorder()
    with monkeypatch.context() as away:
        away.setattr("notifications.runs.recorder._store", _fails)
        with pytest.raises(OSError, match="away"):
            produced(run, recorder, "one ")

    produced(run, recorder, "two")

    assert text.now(run) == ("one two", 2)


def _fails(*args: object) -> None:
    raise OSError("away")
