"""Who opens connections too fast is closed before anything is read."""

from __future__ import annotations

import pytest

from hub.server import connection_rate
from hub.server.connection_rate import BURST, MAX_ADDRESSES, ConnectionRate


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(connection_rate, "clock", lambda: now[0])
    return now


def test_an_office_may_come_back_at_once(clock: list[float]) -> None:
    counted = ConnectionRate()

    assert all(counted.allows("10.0.0.1") for _ in range(BURST))
    assert not counted.allows("10.0.0.1")


def test_another_address_is_not_kept_waiting(clock: list[float]) -> None:
    counted = ConnectionRate()
    for _ in range(2 * BURST):
        counted.allows("10.0.0.1")

    assert counted.allows("10.0.0.2")


def test_what_was_refused_does_not_count_against_who_waits(clock: list[float]) -> None:
    counted = ConnectionRate()
    for _ in range(2 * BURST):
        counted.allows("10.0.0.1")

    clock[0] += 1.0

    assert sum(counted.allows("10.0.0.1") for _ in range(BURST)) == 50


def test_addresses_use_bounded_memory(clock: list[float]) -> None:
    counted = ConnectionRate()

    for number in range(3 * MAX_ADDRESSES):
        counted.allows(str(number))

    assert len(counted) <= MAX_ADDRESSES
