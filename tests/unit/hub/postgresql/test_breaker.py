"""While the database is away one thread asks for it, and all others are refused at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from hub.postgresql import breaker as breakers
from hub.postgresql.breaker import Breaker, DatabaseAway
from hub.postgresql.queries import RunningQueries


class Database:
    """What the breaker asks: it is away, can be written to, or can be read alone."""

    def __init__(self) -> None:
        self.away = False
        self.writable = True
        self.probes = self.renewals = 0
        self.while_probed: Callable[[], None] = lambda: None

    def probe(self) -> bool:
        self.probes += 1
        self.while_probed()
        if self.away:
            raise TimeoutError
        return self.writable

    def renew(self) -> None:
        self.renewals += 1


class Queries(RunningQueries):
    """Queries of which the longest waits for ``waiting_s``."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting_s = 0.0
        self.given_up_after_s: list[float] = []

    def oldest_s(self) -> float:
        return self.waiting_s

    def give_up(self, after_s: float) -> None:
        self.given_up_after_s.append(after_s)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def queries() -> Queries:
    return Queries()


@pytest.fixture
def breaker(database: Database, queries: Queries, monkeypatch: pytest.MonkeyPatch) -> Breaker:
    made = Breaker(database.probe, queries, database.renew)
    monkeypatch.setattr(made, "start", lambda: None)  # each step is taken by the test
    return made


def fail(breaker: Breaker, database: Database) -> None:
    database.away = True
    breaker.suspect(lost=True)
    breaker.step()


def is_refused(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except DatabaseAway:
        return True
    return False


def test_a_database_that_answers_is_not_probed(breaker: Breaker, database: Database) -> None:
    assert breaker.step()

    assert database.probes == 0


def test_all_are_refused_while_the_probe_fails(breaker: Breaker, database: Database) -> None:
    fail(breaker, database)

    assert is_refused(breaker)


def test_queries_that_wait_are_given_up_when_it_is_found_away(
    breaker: Breaker, database: Database, queries: Queries
) -> None:
    fail(breaker, database)

    assert queries.given_up_after_s[-1] == breakers.SLOW_QUERY_S


def test_a_slow_query_has_the_database_probed(breaker: Breaker, database: Database, queries: Queries) -> None:
    queries.waiting_s = breakers.SLOW_QUERY_S + 1

    breaker.step()

    assert database.probes == 1
    assert not is_refused(breaker)


def test_a_query_that_is_too_long_is_given_up(breaker: Breaker, queries: Queries) -> None:
    breaker.longest_query_s = 17.0

    breaker.step()

    assert queries.given_up_after_s == [17.0]


def test_a_database_that_refuses_the_probe_and_answers_others_is_not_away(
    breaker: Breaker, database: Database, queries: Queries
) -> None:
    def answer_another() -> None:
        queries.answered_at = time.monotonic()

    database.while_probed = answer_another

    fail(breaker, database)

    assert not is_refused(breaker)
    assert queries.given_up_after_s[-1] == breakers.HUNG_QUERY_S


def test_its_return_lets_all_through_and_renews_the_pool(breaker: Breaker, database: Database) -> None:
    fail(breaker, database)
    database.away = False

    breaker.suspect()
    breaker.step()

    assert not is_refused(breaker)
    assert database.renewals == 1


def test_a_lost_connection_renews_those_of_the_pool(breaker: Breaker, database: Database) -> None:
    breaker.suspect(lost=True)
    breaker.step()

    assert database.renewals == 1


def test_a_server_that_cannot_be_written_to_keeps_its_connections(
    breaker: Breaker, database: Database
) -> None:
    database.writable = False

    breaker.suspect(lost=True)
    breaker.step()

    assert database.renewals == 0
    assert not is_refused(breaker)


def test_its_return_is_announced_and_one_that_fails_stops_no_other(
    breaker: Breaker, database: Database
) -> None:
    returns: list[str] = []
    breaker.on_return += [lambda: [].pop(), lambda: returns.append("back")]
    fail(breaker, database)
    database.away = False

    breaker.suspect()
    breaker.step()

    assert returns == ["back"]


def test_its_thread_probes_until_it_is_back(
    database: Database, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "CHECK_S", 0.001)
    database.away = True

    def come_back() -> None:
        database.away = database.probes < 3

    database.while_probed = come_back
    back = threading.Event()
    breaker = Breaker(database.probe, queries)
    breaker.on_return.append(back.set)

    breaker.suspect(lost=True)

    assert back.wait(10)
    assert database.probes == 3
