"""What one API key may have open and send, and what becomes of its runs without their owner."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from hub.log import Log
from notifications.runs import lifecycle, production
from tests.unit.notifications.conftest import Caller, refused

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"owner": "alice"}
TOKENS = {"events": [{"type": "token", "data": {"text": "x" * 10}}]}


def test_beyond_its_open_runs_a_key_begins_none_until_one_ends(
    live_log: Log, program: Caller, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MAX_OPEN_RUNS", 2)
    first, _ = [program.post("runs", BODY).json["run"] for _ in range(2)]

    beyond = program.post("runs", BODY)
    program.post(f"runs/{first}/done", {})

    assert refused(beyond, 429)
    assert int(beyond.headers["Retry-After"]) > 0
    assert program.post("runs", BODY).status == 201


def test_beyond_its_characters_a_run_is_appended_nothing(
    live_log: Log, program: Caller, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production, "MAX_RUN_CHARACTERS", 15)
    run = program.post("runs", BODY).json["run"]

    answers = [program.post(f"runs/{run}/events", TOKENS) for _ in range(2)]

    assert answers[0].status == 200
    assert refused(answers[1], 413)


def test_a_run_whose_owner_is_erased_is_gone(live_log: Log, program: Caller, alice: User) -> None:
    run = program.post("runs", BODY).json["run"]
    alice.delete()

    assert refused(program.post(f"runs/{run}/done", {}), 404)
    assert refused(program.post(f"runs/{run}/events", TOKENS), 404)
