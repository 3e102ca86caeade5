"""The instance that holds a person's stream may be killed, in demo mode, as long as another one is left."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from hub import topics
from hub.errors import Problem
from hub.events import Event, draft
from notifications.demo import instance_kill
from notifications.demo.playback_store import MemoryStore


class Instances(MemoryStore):
    """A store of instances that are alive."""

    def __init__(self, *names: str, recently: bool = False) -> None:
        super().__init__()
        self._names = list(names)
        self._recently = recently

    def instances(self) -> list[str]:
        return self._names

    def once_in(self, name: str, seconds: float) -> bool:
        return not self._recently


class RecordingLog:
    def __init__(self) -> None:
        self.drafts: list[Any] = []

    def append(self, drafts: list[Any]) -> None:
        self.drafts += drafts


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.HUB_DEMO = True
    settings.HUB_HOST = "127.0.0.1"
    settings.HUB_INSTANCE = "hub-1"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> RecordingLog:
    made = RecordingLog()
    monkeypatch.setattr(instance_kill, "shared_log", lambda: made)
    return made


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What was killed, instead of this process."""
    made: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: made.append((pid, number)))
    return made


def event(instance: str, person: str, topic: str = topics.CONTROL, type: str = instance_kill.TYPE) -> Event:
    body = draft(topic, type, {"instance": instance, "person": person}).body
    return Event(2, 1, topic, type, body)


def request(monkeypatch: pytest.MonkeyPatch, store: Instances, instance: str = "hub-1") -> int:
    """The status of the refusal; 0 without one."""
    monkeypatch.setattr(instance_kill, "shared_store", lambda: store)
    try:
        instance_kill.request(instance, "7")
    except Problem as problem:
        return problem.status
    return 0


def test_the_instance_named_is_told_over_the_control_topic(
    monkeypatch: pytest.MonkeyPatch, log: RecordingLog
) -> None:
    assert request(monkeypatch, Instances("hub-1", "hub-2")) == 0

    (told,) = log.drafts
    assert (told.topic, told.type) == (topics.CONTROL, "demo-kill")
    assert json.loads(told.body)["data"] == {"instance": "hub-1", "person": "7"}


def test_the_last_one_a_dead_one_and_one_after_the_other_are_refused(
    monkeypatch: pytest.MonkeyPatch, log: RecordingLog
) -> None:
    assert request(monkeypatch, Instances("hub-1")) == 409
    assert request(monkeypatch, Instances("hub-1", "hub-2"), "hub-3") == 409
    assert request(monkeypatch, Instances("hub-1", "hub-2"), "") == 409
    assert request(monkeypatch, Instances("hub-1", "hub-2", recently=True)) == 429
    assert log.drafts == []


@pytest.mark.parametrize(("name", "value"), [("HUB_DEMO", False), ("HUB_HOST", "0.0.0.0")])  # noqa: S104
def test_it_is_impossible_outside_of_demo_mode_and_off_loopback(
    monkeypatch: pytest.MonkeyPatch, log: RecordingLog, settings: Any, name: str, value: Any
) -> None:
    setattr(settings, name, value)

    assert request(monkeypatch, Instances("hub-1", "hub-2")) == 409
    assert log.drafts == []


def test_an_instance_ends_itself_if_it_is_meant_and_holds_a_feed_of_the_person(
    killed: list[tuple[int, int]],
) -> None:
    instance_kill.carry_out(event("hub-1", "7"), lambda person: person == "7")

    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_it_lives_on_otherwise(killed: list[tuple[int, int]], settings: Any) -> None:
    reads = {"7": True}.get
    for other in (
        event("hub-2", "7"),
        event("hub-1", "8"),
        event("hub-1", "7", topic="job-42"),
        event("hub-1", "7", type="drain"),
    ):
        instance_kill.carry_out(other, lambda person: bool(reads(person)))
    settings.HUB_DEMO = False
    instance_kill.carry_out(event("hub-1", "7"), lambda person: True)

    assert killed == []
