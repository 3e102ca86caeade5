"""How much a person and an address may have open, and what they are told beyond it."""

from __future__ import annotations

import pytest

from hub.delivery.limits import ConnectionLimits, Held
from hub.errors import Problem


def entered(caps: ConnectionLimits, person: str = "ann", address: str = "::1", topics: int = 0) -> None:
    with caps.opening(address):
        caps.enter(person, topics)


def refused(caps: ConnectionLimits, person: str = "ann", address: str = "::1", topics: int = 0) -> Problem:
    with pytest.raises(Problem) as caught:
        entered(caps, person, address, topics)
    return caught.value


def test_one_connection_too_many_of_a_person_is_refused_with_what_to_do() -> None:
    caps = ConnectionLimits(100, 2, 100)
    entered(caps)
    entered(caps, address="::2")

    problem = refused(caps)

    assert problem.status == 429
    assert problem.detail == "2 connections are open for you: close one, or share one between tabs."
    assert int(problem.headers["Retry-After"]) > 0
    assert caps.refused["person"] == 1


def test_who_closes_one_may_open_one() -> None:
    caps = ConnectionLimits(100, 1, 100)
    entered(caps)

    caps.leave("ann", "::1")

    entered(caps)


def test_what_other_instances_hold_counts() -> None:
    caps = ConnectionLimits(100, 10, 100, 100)
    caps.elsewhere = lambda person: Held(9, 90) if person == "ann" else Held()
    entered(caps, topics=10)

    assert refused(caps).status == 429
    entered(caps, "bob", topics=100)


def test_live_topics_count_over_all_feeds_of_a_person() -> None:
    caps = ConnectionLimits(100, 50, 100, 100)
    entered(caps, topics=60)
    entered(caps, topics=40)

    problem = refused(caps, topics=1)
    entered(caps)
    caps.leave("ann", "::1", 40)
    entered(caps, topics=40)

    assert problem.status == 429
    assert "100 live topics" in problem.detail
    assert caps.refused["topics"] == 1


def test_who_is_still_being_asked_about_counts_for_an_address() -> None:
    caps = ConnectionLimits(100, 50, 2)

    with caps.opening("::1"), caps.opening("::1"):
        assert refused(caps).status == 429

    caps = ConnectionLimits(2, 50, 100)
    with caps.opening("::1"), caps.opening("::2"):
        assert refused(caps, address="::3").status == 503


def test_who_is_refused_is_counted_out_again() -> None:
    caps = ConnectionLimits(1, 50, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), caps.opening("::1"):
            raise ZeroDivisionError

    entered(caps)


def test_nothing_is_kept_of_those_who_left() -> None:
    caps = ConnectionLimits(100, 50, 100)
    for number in range(10):
        entered(caps, f"p{number}", f"::{number}", topics=60)
    for number in range(10):
        caps.leave(f"p{number}", f"::{number}", 60)

    assert not caps.much
    assert not caps._people
    assert not caps._addresses
    assert not caps._topics
