"""What a reader of a run does with what it is sent, over all its connections, to the run's end."""

from __future__ import annotations

from typing import Any

import pytest

from hub_client import NotFound, Revoked, RunEvent, Unauthorized
from hub_client.run_core import RunCore
from tests.unit.hub_client.script import Script, block

RUN = "0193a7c2-0000-7000-8000-000000000000"
OPENING = block("stream-open", {"position": "1", "topics": ["r"], "heartbeat_s": 4}, 1) + block(
    "stream-live", {}
)


def token(id: int, text: str) -> bytes:
    return block("token", {"text": text}, id)


def reading(core: RunCore, **more: Any) -> Script:
    script = Script(core=core, **more)
    script.connected()
    script.receive(OPENING)
    return script


@pytest.fixture
def core() -> RunCore:
    return RunCore(RUN, None)


@pytest.fixture
def script(core: RunCore) -> Script:
    return reading(core)


def test_its_stream_is_asked_for_with_the_token(script: Script) -> None:
    (request,) = script.requests

    assert (request.method, request.path) == ("GET", f"/api/v1/runs/{RUN}/stream")
    assert request.headers == {"Authorization": "Bearer T"}


def test_events_are_yielded_and_tokens_are_the_text(core: RunCore, script: Script) -> None:
    script.receive(block("phase", {"name": "writing"}, 5) + token(6, "Hel") + token(7, "lo"))

    assert script.messages == [
        RunEvent("5", "phase", {"name": "writing"}),
        RunEvent("6", "token", {"text": "Hel"}),
        RunEvent("7", "token", {"text": "lo"}),
    ]
    assert core.text == "Hello"


def test_once_it_is_cut_it_goes_on_where_it_was_and_yields_nothing_twice(
    core: RunCore, script: Script
) -> None:
    script.receive(token(6, "Hel"))
    script.cut()
    script.connected()
    script.receive(OPENING + token(6, "Hel") + token(8, "lo"))

    assert script.requests[-1].headers["Last-Event-ID"] == "6"
    assert core.text == "Hello"


@pytest.mark.parametrize("type", ["done", "error", "stopped", "lost"])
def test_it_is_over_with_the_run(core: RunCore, script: Script, type: str) -> None:
    with pytest.raises(StopIteration):
        script.receive(token(6, "Hello") + block(type, {}, 7) + token(8, "never"))

    assert script.messages[-1] == core.end == RunEvent("7", type, {})
    assert core.text == "Hello"


def test_after_a_gap_it_begins_anew(core: RunCore, script: Script) -> None:
    script.receive(token(600, "Hel"))
    script.receive(block("stream-reset", {"position": "9", "topics": ["r"], "reason": "unknown"}, 9))
    script.receive(token(9, "Hello"))

    assert script.messages[-2:] == [
        RunEvent("", "stream-reset", {"reason": "unknown"}),
        RunEvent("9", "token", {"text": "Hello"}),
    ]
    assert (core.text, core.last_event_id) == ("Hello", "9")


def test_race_cut_within_a_gap_it_asks_for_everything(core: RunCore, script: Script) -> None:
    script.receive(token(600, "Hel"))
    script.receive(block("stream-reset", {"position": "9", "topics": ["r"], "reason": "unknown"}, 9))
    script.cut()
    script.connected()
    script.receive(OPENING + token(9, "Hello"))

    assert "Last-Event-ID" not in script.requests[-1].headers
    assert core.text == "Hello"


def test_an_instance_that_leaves_is_left_for_another(core: RunCore, script: Script) -> None:
    script.receive(token(6, "Hel") + block("retire", {"retry": 100}))
    script.connected()
    script.receive(OPENING + token(7, "lo"))

    assert script.slept == [0.1]
    assert core.text == "Hello"


def test_a_hub_that_is_away_is_tried_again(core: RunCore) -> None:
    script = Script(core=core)
    script.connected(503, headers={"retry-after": "2"})
    script.connected(200)
    script.receive(OPENING + token(6, "Hello"))

    assert script.slept[0] >= 2
    assert core.text == "Hello"


def test_without_the_right_it_raises(script: Script) -> None:
    with pytest.raises(Revoked):
        script.receive(block("stream-error", {"reason": "revoked", "retry": False}))


def test_an_unknown_run_raises() -> None:
    with pytest.raises(NotFound):
        Script(core=RunCore(RUN, None)).connected(404)


def test_a_token_that_expired_is_asked_for_anew(core: RunCore) -> None:
    script = Script(core=core, tokens=("old", "new"))
    script.connected(401)
    script.connected(200)

    assert [one.headers["Authorization"] for one in script.requests] == ["Bearer old", "Bearer new"]
    with pytest.raises(Unauthorized):
        Script(core=RunCore(RUN, None)).connected(401)


def test_it_resumes_from_a_position_that_an_earlier_reader_had() -> None:
    script = reading(RunCore(RUN, "6"))
    script.receive(token(6, "Hel") + token(7, "lo"))

    assert script.requests[0].headers["Last-Event-ID"] == "6"
    assert [event.id for event in script.messages] == ["7"]


def test_what_is_no_id_stays_one_segment_of_the_path() -> None:
    script = reading(RunCore("../feed?x=1", None))

    assert script.requests[0].path == "/api/v1/runs/..%2Ffeed%3Fx%3D1/stream"
