"""Which queries wait for the server, and that they can be given up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from hub.postgresql import queries as module
from hub.postgresql.queries import RunningQueries


@dataclass(eq=False)
class Connection:
    """As much of psycopg's as is looked at."""

    client: socket.socket
    server: socket.socket

    @property
    def pgconn(self) -> SimpleNamespace:
        return SimpleNamespace(socket=self.client.fileno())

    def is_given_up(self) -> bool:
        self.server.setblocking(False)
        try:
            return self.server.recv(1) == b""
        except BlockingIOError:
            return False


@pytest.fixture
def connection() -> Iterator[Any]:
    connection = Connection(*socket.socketpair())
    yield connection
    connection.client.close()
    connection.server.close()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the queries, to be set."""
    at = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: at[0]))
    return at


def test_a_query_waits_from_its_beginning_to_its_end(connection: Any, now: list[float]) -> None:
    queries = RunningQueries()
    queries.begin(connection)
    now[0] += 3

    waited = queries.oldest_s()
    queries.end(connection, answered=True)

    assert (waited, queries.oldest_s()) == (3.0, 0.0)


@pytest.mark.parametrize(("answered", "at"), [(True, 100.0), (False, float("-inf"))])
def test_an_answer_of_the_server_is_remembered(
    connection: Any, now: list[float], answered: bool, at: float
) -> None:
    queries = RunningQueries()
    queries.begin(connection)

    queries.end(connection, answered=answered)

    assert queries.answered_at == at


@pytest.mark.parametrize(("waited_s", "given_up"), [(3, True), (1, False)])
def test_those_that_wait_too_long_are_given_up(
    connection: Any, now: list[float], waited_s: int, given_up: bool
) -> None:
    queries = RunningQueries()
    queries.begin(connection)
    now[0] += waited_s

    queries.give_up(after_s=2)

    assert connection.is_given_up() is given_up


def test_a_connection_that_has_answered_is_left_alone(connection: Any, now: list[float]) -> None:
    queries = RunningQueries()
    queries.begin(connection)
    now[0] += 3
    queries.end(connection, answered=True)

    queries.give_up(after_s=2)

    assert not connection.is_given_up()
