"""What a feed does with what it is sent, over all its connections."""

from __future__ import annotations

from typing import Any

import pytest

from hub_client import (
    BadRequest,
    Count,
    Degraded,
    Event,
    Expired,
    Forbidden,
    Live,
    Reconnecting,
    Reset,
    Revoked,
    Slow,
    TooFast,
    Topics,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from hub_client.steps import Answer, Call, Request
from hub_client.stream_core import MAX_RETRY_S
from tests.unit.hub_client.script import Script, block, event, opening


def events(script: Script) -> list[Any]:
    return [message.data for message in script.messages if isinstance(message, Event)]


def refuse(script: Script, times: int) -> None:
    for _ in range(times):
        script.connected(401)


def reconnections(script: Script) -> list[Reconnecting]:
    return [message for message in script.messages if isinstance(message, Reconnecting)]


@pytest.fixture
def script() -> Script:
    script = Script()
    script.connected()
    return script


def test_it_asks_for_its_topics_with_its_token() -> None:
    script = Script("job-1", "job-2", "job-1", last_event_id="17")
    script.connected()

    (request,) = script.requests
    assert (request.method, request.path) == ("POST", "/feed/")
    assert request.body == {"topics": ["job-1", "job-2"], "own": False, "last_event_id": "17"}
    assert request.headers == {"Authorization": "Bearer T"}


def test_events_are_yielded_with_what_they_have(script: Script) -> None:
    script.receive(opening(count={"unread": 3, "unseen": 1, "version": 17}))
    script.receive(event(5, {"done": 3}, key="a", by="7"))

    at = "2026-11-30T12:00:00.000Z"
    assert script.messages == [
        Count(3, 1, 17),
        Live(),
        Event("5", "progress", "job-1", {"done": 3}, at, "a", "7"),
    ]


def test_it_resumes_from_the_last_position_and_drops_what_came(script: Script) -> None:
    script.receive(opening() + event(5, "a") + event(6, "b"))
    script.cut()
    script.connected()
    script.receive(opening(position=6) + event(5, "a") + event(6, "b") + event(7, "c"))

    assert script.requests[-1].body["last_event_id"] == "6"
    assert events(script) == ["a", "b", "c"]


def test_a_position_without_an_event_counts(script: Script) -> None:
    script.receive(opening(position=3) + b"id: 9\n\n")
    script.cut()

    assert script.requests[-1].body["last_event_id"] == "9"


def test_the_latest_values_of_a_topic_are_older_and_come_all_the_same(script: Script) -> None:
    script.receive(opening(position=9) + event(2, "old value", key="a") + event(2, "old value", key="a"))

    assert events(script) == ["old value"]


def test_race_cut_off_after_a_latest_value_it_resumes_from_where_the_feed_stood(script: Script) -> None:
    script.receive(opening(position=9) + event(12, "joined") + event(2, "old value", key="a"))
    script.cut()
    script.connected()
    script.receive(opening(position=12) + event(11, "part") + event(13, "new"))

    assert script.requests[-1].body["last_event_id"] == "12"
    assert events(script) == ["joined", "old value", "new"]


def test_after_the_loss_of_the_log_it_goes_by_the_positions_of_the_new_one(script: Script) -> None:
    script.receive(opening(position=90) + event(91, "a"))
    script.cut()
    script.connected()
    lost = {"topics": ["job-1"], "reason": "unknown", "position": "5"}
    script.receive(opening(position=91) + block("stream-reset", lost) + event(6, "b"))
    script.cut()

    assert script.requests[-1].body["last_event_id"] == "6"
    assert events(script) == ["a", "b"]


def test_a_reset_is_yielded(script: Script) -> None:
    script.receive(
        opening() + block("stream-reset", {"topics": ["job-1"], "reason": "trimmed", "position": "9"})
    )

    assert script.messages[-1] == Reset(("job-1",), "trimmed")


def test_an_outage_of_the_log_is_yielded_once_and_so_is_its_end(script: Script) -> None:
    degraded = block("stream-degraded", {"reason": "log"})
    script.receive(opening() + degraded + degraded + block("stream-live", {}) + block("stream-live", {}))

    assert script.messages == [Live(), Degraded(), Live()]


def test_an_instance_that_leaves_is_left_for_as_long_as_it_says(script: Script) -> None:
    script.receive(opening() + block("retire", {"retry": 1834}))

    assert reconnections(script) == [Reconnecting(1.834)]
    assert script.slept == [1.834]


@pytest.mark.parametrize(("reason", "kind"), [("slow", Slow), ("revoked", Revoked)])
def test_a_feed_that_may_come_back_does(script: Script, reason: str, kind: type[Exception]) -> None:
    script.receive(opening() + block("stream-error", {"reason": reason, "retry": True}))

    (reconnecting,) = reconnections(script)
    assert isinstance(reconnecting.error, kind)


@pytest.mark.parametrize(("reason", "kind"), [("revoked", Revoked), ("expired", Expired)])
def test_a_feed_that_may_not_raises_why(script: Script, reason: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        script.receive(opening() + block("stream-error", {"reason": reason, "retry": False}))


def test_a_topic_that_is_not_theirs_raises_and_names_it() -> None:
    with pytest.raises(Forbidden) as refused:
        Script().connected(403, {"detail": "Not yours.", "topics": ["job-1"]})

    assert refused.value.topics == ("job-1",)
    assert refused.value.detail == "Not yours."


def test_a_request_that_means_nothing_raises() -> None:
    with pytest.raises(BadRequest):
        Script().connected(400)


def test_a_token_that_is_refused_is_replaced_once() -> None:
    script = Script(tokens=("old", "new"))
    script.connected(401)
    script.connected()
    script.receive(opening())

    assert [request.headers["Authorization"] for request in script.requests] == ["Bearer old", "Bearer new"]
    assert script.slept == []


@pytest.mark.parametrize("tokens", [("same",), ("old", "new", "newer")])
def test_a_token_that_is_refused_again_raises(tokens: tuple[str, ...]) -> None:
    script = Script(tokens=tokens)

    with pytest.raises(Unauthorized):
        refuse(script, times=2)


@pytest.mark.parametrize(("status", "kind"), [(429, TooFast), (503, Unavailable), (500, Unavailable)])
def test_what_the_hub_cannot_do_now_is_tried_after_it_says(status: int, kind: type[Exception]) -> None:
    script = Script()
    script.connected(status, headers={"retry-after": "3"})

    (reconnecting,) = reconnections(script)
    assert isinstance(reconnecting.error, kind)
    assert script.slept[0] >= 3


def test_a_connection_may_be_silent_for_two_and_a_half_heartbeats(script: Script) -> None:
    script.receive(opening())

    assert script.timeouts[-1] == 10.0


def test_failures_are_followed_by_longer_waits_up_to_a_bound(script: Script) -> None:
    for _ in range(30):
        script.cut()
        script.connected()

    assert max(script.slept) <= MAX_RETRY_S
    assert max(script.slept) > 2  # above the first
    assert len(set(script.slept)) > 20


@pytest.mark.parametrize(
    "data",
    [
        b"event: progress\ndata: no JSON\n\n",
        block("progress", [1], 5),
        block("progress", None, 5),
        block("progress", {"data": 1}, 5),
        block("stream-open", {}, 5),
        block("stream-reset", {"topics": 5}, 5),
        block("retire", {}, 5),
        b'id: x\nevent: progress\ndata: {"topic": "job-1"}\n\n',
    ],
)
def test_what_is_no_feed_of_a_hub_is_a_failure_and_no_position(script: Script, data: bytes) -> None:
    script.receive(opening(position=3) + data)

    (reconnecting,) = reconnections(script)
    assert isinstance(reconnecting.error, Unreachable)
    assert script.requests[-1].body["last_event_id"] == "3"


def test_an_event_of_a_kind_that_is_yet_to_be_invented_is_skipped(script: Script) -> None:
    script.receive(opening() + block("stream-news", {"x": 1}) + event(5, "a"))

    assert events(script) == ["a"]


def test_topics_are_changed_by_a_call_with_the_feed_s_id(script: Script) -> None:
    script.receive(opening())
    change = script.core.change(["job-2"], ["job-1"])

    assert next(change) == Call(
        Request(
            "POST",
            "/api/v1/feed/topics",
            {"feed": "F", "add": ["job-2"], "remove": ["job-1"]},
            {"Authorization": "Bearer T"},
        )
    )
    with pytest.raises(StopIteration) as done:
        change.send(Answer(200, {}, b'{"topics": ["job-2"]}'))
    assert done.value.value is False
    script.receive(block("stream-topics", {"topics": ["job-2"]}, 7))
    script.cut()
    assert script.messages[1] == Topics(("job-2",))
    assert script.requests[-1].body == {"topics": ["job-2"], "own": False, "last_event_id": "7"}


@pytest.mark.parametrize("status", [404, 410, 503])
def test_a_feed_that_cannot_be_changed_is_opened_anew_with_the_topics(script: Script, status: int) -> None:
    script.receive(opening())
    change = script.core.change(["job-2"], ())
    next(change)

    with pytest.raises(StopIteration) as done:
        change.send(Answer(status, {}, b"{}"))

    assert done.value.value is True
    script.cut()
    assert script.requests[-1].body["topics"] == ["job-1", "job-2"]


def test_a_change_that_is_refused_changes_nothing(script: Script) -> None:
    script.receive(opening())
    change = script.core.change(["job-2"], ["job-1"])
    next(change)

    with pytest.raises(Forbidden):
        change.send(Answer(403, {}, b'{"topics": ["job-2"]}'))

    script.cut()
    assert script.requests[-1].body["topics"] == ["job-1"]


def test_race_topics_that_change_while_it_connects_are_added_once_it_is_open(script: Script) -> None:
    with pytest.raises(StopIteration):
        next(script.core.change(["job-2"], ()))

    script.receive(opening("job-1"))
    assert isinstance(script._step, Call)
    assert script._step.request.body == {"feed": "F", "add": ["job-2"], "remove": []}
    script.answer(Answer(200, {}, b"{}"))
    script.receive(event(5, "a"))
    assert events(script) == ["a"]
