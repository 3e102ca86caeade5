"""An instance asks the log for room for many notifications of a key at once, and near its share for each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hub.events import Draft
from hub.log import NO_TERMS, LogAway, LogFull, Terms
from hub.log.memory import MemoryLog
from notifications.access import allowances
from notifications.access.allowances import RESERVED_BYTES, RESERVED_S, Allowances

CI, OTHER = 1, 2
SIZE = 1000  # bytes of a notification


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asked(MemoryLog):
    """Notes what it is asked for, and has so much room."""

    def __init__(self, room: int) -> None:
        super().__init__(1000, 3600)
        self.room = room
        self.asked: list[tuple[str, int]] = []

    def append(self, drafts: Sequence[Draft], terms: Terms = NO_TERMS) -> list[int]:
        self.asked.append((terms.owner, terms.extra_bytes))
        if self.room < 0:
            raise LogAway("nobody there")
        if terms.extra_bytes > self.room:
            raise LogFull(60)
        return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(monkeypatch: pytest.MonkeyPatch, room: int) -> Asked:
    log = Asked(room)
    monkeypatch.setattr(allowances, "shared_log", lambda: log)
    return log


def test_far_below_its_share_a_key_is_asked_about_once_for_many(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    log, allowed = asked(monkeypatch, 10 * RESERVED_BYTES), Allowances(clock)

    for _ in range(RESERVED_BYTES // SIZE):
        allowed.reserve(CI, SIZE)

    assert log.asked == [("1", RESERVED_BYTES + SIZE)]


def test_no_more_is_taken_than_was_granted(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    log, allowed = asked(monkeypatch, 10 * RESERVED_BYTES), Allowances(clock)

    for _ in range(RESERVED_BYTES // SIZE + 2):
        allowed.reserve(CI, SIZE)

    assert len(log.asked) == 2


def test_what_was_granted_holds_for_a_while_alone(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    log, allowed = asked(monkeypatch, 10 * RESERVED_BYTES), Allowances(clock)
    allowed.reserve(CI, SIZE)
    log.room = 0
    clock.now += RESERVED_S + 0.1

    with pytest.raises(LogFull):
        allowed.reserve(CI, SIZE)


def test_near_its_share_a_key_is_asked_about_each_time(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    log, allowed = asked(monkeypatch, SIZE), Allowances(clock)
    allowed.reserve(CI, SIZE)
    log.room = SIZE - 1

    with pytest.raises(LogFull):
        allowed.reserve(CI, SIZE)


def test_what_one_key_was_granted_is_not_another_s(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    log, allowed = asked(monkeypatch, 10 * RESERVED_BYTES), Allowances(clock)
    allowed.reserve(CI, SIZE)

    allowed.reserve(OTHER, SIZE)

    assert [owner for owner, _ in log.asked] == ["1", "2"]


def test_nothing_is_granted_while_the_log_is_away(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    log, allowed = asked(monkeypatch, -1), Allowances(clock)

    for _ in range(2):
        with pytest.raises(LogAway):
            allowed.reserve(CI, SIZE)

    assert len(log.asked) == 2
