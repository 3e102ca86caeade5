"""How much a person and an address may have open, and what they are told beyond it."""

from __future__ import annotations

import pytest

from hub.delivery.limits import ConnectionLimits, Usage
from hub.errors import Problem


def entered(limits: ConnectionLimits, person: str = "ann", address: str = "::1", topics: int = 0) -> None:
    with limits.opening(address):
        limits.enter(person, topics)


def refused(limits: ConnectionLimits, person: str = "ann", address: str = "::1", topics: int = 0) -> Problem:
    with pytest.raises(Problem) as caught:
        entered(limits, person, address, topics)
    return caught.value


def test_one_connection_too_many_of_a_person_is_refused_with_what_to_do() -> None:
    limits = ConnectionLimits(100, per_user=2, per_address=100)
    entered(limits)
    entered(limits, address="::2")

    problem = refused(limits)

    assert problem.status == 429
    assert problem.detail == "2 connections are open for you: close one, or share one between tabs."
    assert int(problem.headers["Retry-After"]) > 0
    assert limits.refused["person"] == 1


def test_who_closes_one_may_open_one() -> None:
    limits = ConnectionLimits(100, per_user=1, per_address=100)
    entered(limits)

    limits.leave("ann", "::1")

    entered(limits)


def test_what_other_instances_hold_counts() -> None:
    limits = ConnectionLimits(100, per_user=10, per_address=100, topics_per_user=100)
    limits.usage_elsewhere = lambda person: Usage(9, 90) if person == "ann" else Usage()
    entered(limits, topics=10)

    assert refused(limits).status == 429
    entered(limits, "bob", topics=100)


def test_live_topics_count_over_all_feeds_of_a_person() -> None:
    limits = ConnectionLimits(100, per_user=50, per_address=100, topics_per_user=100)
    entered(limits, topics=60)
    entered(limits, topics=40)

    problem = refused(limits, topics=1)
    entered(limits)
    limits.leave("ann", "::1", 40)
    entered(limits, topics=40)

    assert problem.status == 429
    assert "100 live topics" in problem.detail
    assert limits.refused["topics"] == 1


def test_who_is_still_being_asked_about_counts_for_an_address() -> None:
    limits = ConnectionLimits(100, per_user=50, per_address=2)

    with limits.opening("::1"), limits.opening("::1"):
        assert refused(limits).status == 429

    limits = ConnectionLimits(2, per_user=50, per_address=100)
    with limits.opening("::1"), limits.opening("::2"):
        assert refused(limits, address="::3").status == 503


def test_who_is_refused_is_counted_out_again() -> None:
    limits = ConnectionLimits(1, per_user=50, per_address=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), limits.opening("::1"):
            raise ZeroDivisionError

    entered(limits)


def test_nothing_is_kept_of_those_who_left() -> None:
    limits = ConnectionLimits(100, per_user=50, per_address=100)
    for number in range(10):
        entered(limits, f"p{number}", f"::{number}", topics=60)
    for number in range(10):
        limits.leave(f"p{number}", f"::{number}", 60)

    assert not limits.heavy_users
    assert limits.entries == 0
