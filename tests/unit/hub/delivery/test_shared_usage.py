"""Instances report their heaviest users to each other, so that a person's limits hold over all of them."""

from __future__ import annotations

import time

import pytest

from hub import topics
from hub.delivery.control_bus import ControlBus
from hub.delivery.limits import ConnectionLimits, Usage
from hub.delivery.shared_usage import MAX_USERS_REPORTED, VALID_S, SharedUsage
from hub.errors import Problem
from hub.events import Draft, Event, draft
from hub.log.memory import MemoryLog


class Instance:
    def __init__(self, name: str) -> None:
        self.limits = ConnectionLimits(1000, per_user=50, per_address=1000, topics_per_user=1000)
        self.leaving = False
        self.control = ControlBus()
        self.shared = SharedUsage(
            self.limits, MemoryLog(10, 60), self.control, instance=name, leaving=lambda: self.leaving
        )

    def open(self, person: str, times: int, topics: int = 0) -> None:
        for _ in range(times):
            with self.limits.opening("::1"):
                self.limits.enter(person, topics)

    def receive(self, report: Draft | None) -> None:
        assert report is not None
        self.control.tap(Event(1, 0, report.topic, report.type, report.body))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_person_may_hold_no_more_over_all_instances_than_on_one() -> None:
    one, two, three = Instance("one"), Instance("two"), Instance("three")
    one.open("ann", 30)
    two.open("ann", 15)
    three.receive(one.shared.report())
    three.receive(two.shared.report())

    three.open("ann", 5)

    with pytest.raises(Problem):
        three.open("ann", 1)
    three.open("bob", 50)


def test_topics_are_reported_too() -> None:
    one, two = Instance("one"), Instance("two")
    one.open("ann", 9, topics=100)
    two.receive(one.shared.report())

    two.open("ann", 1, topics=100)

    with pytest.raises(Problem):
        two.open("ann", 1, topics=1)


def test_light_users_are_not_reported() -> None:
    one = Instance("one")
    one.open("ann", 4)

    assert one.shared.report() is None


def test_usage_that_became_light_is_reported_once() -> None:
    one, two = Instance("one"), Instance("two")
    one.open("ann", 40)
    two.receive(one.shared.report())
    for _ in range(40):
        one.limits.leave("ann", "::1")

    two.receive(one.shared.report())

    assert two.shared.of("ann") == Usage()
    assert one.shared.report() is None


def test_an_instance_that_leaves_holds_nothing_so_that_its_people_are_let_in_elsewhere() -> None:
    one, two = Instance("one"), Instance("two")
    one.open("ann", 40)
    two.receive(one.shared.report())
    one.leaving = True

    two.receive(one.shared.report())

    two.open("ann", 40)


def test_a_report_that_is_not_repeated_is_forgotten(now: list[float]) -> None:
    one, two = Instance("one"), Instance("two")
    one.open("ann", 40)
    two.receive(one.shared.report())

    now[0] += VALID_S

    assert two.shared.of("ann") == Usage()


def test_an_instance_does_not_count_what_it_says_itself() -> None:
    one = Instance("one")
    one.open("ann", 30)

    one.receive(one.shared.report())

    assert one.shared.of("ann") == Usage()


def test_of_very_many_users_the_heaviest_are_reported() -> None:
    one, two = Instance("one"), Instance("two")
    for number in range(MAX_USERS_REPORTED + 10):
        one.open(f"p{number}", 5)
    one.open("ann", 40)

    two.receive(one.shared.report())

    assert two.shared.of("ann") == Usage(40, 0)


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"instance": 1, "people": {}}, {"instance": "x", "people": [1]},
     {"instance": "x", "people": {"ann": 5}}, {"instance": "x", "people": {"ann": ["a", "b"]}}],
)  # fmt: skip
def test_what_is_none_of_ours_is_skipped(data: object) -> None:
    one = Instance("one")

    one.receive(draft(topics.CONTROL, "holding", data))
    with pytest.raises(ValueError, match="utf-8"):
        one.control.tap(Event(1, 0, topics.CONTROL, "holding", b"\xff"))

    assert one.shared.of("ann") == Usage()
