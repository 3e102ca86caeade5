"""Transactions are repeated if the database asks for it, and what follows a commit cannot fail it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError, transaction

from hub.support import transactions

pytestmark = pytest.mark.django_db(transaction=True)


class Refusal(Exception):
    """What the driver raises."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def failing(times: int, error: type[Exception], sqlstate: str) -> tuple[Callable[[], str], list[int]]:
    """An act that creates a group, and fails the first times that it is called; and its calls."""
    calls: list[int] = []

    def act() -> str:
        calls.append(len(calls))
        Group.objects.create(name=f"group {len(calls)}")
        if len(calls) <= times:
            raise error("refused") from Refusal(sqlstate)
        return "done"

    return act, calls


@pytest.mark.parametrize(
    ("error", "sqlstate"),
    [(OperationalError, "40P01"), (OperationalError, "40001"), (IntegrityError, "23505")],
)
def test_what_the_database_asks_for_is_repeated(error: type[Exception], sqlstate: str) -> None:
    act, _ = failing(2, error, sqlstate)

    assert transactions.run(act) == "done"
    assert [group.name for group in Group.objects.all()] == ["group 3"]


def test_it_is_given_up_in_the_end() -> None:
    act, calls = failing(100, OperationalError, "40P01")

    with pytest.raises(OperationalError):
        transactions.run(act)

    assert len(calls) == transactions.MAX_ATTEMPTS


@pytest.mark.parametrize(("error", "sqlstate"), [(OperationalError, "57P01"), (IntegrityError, "23503")])
def test_other_errors_are_not_repeated(error: type[Exception], sqlstate: str) -> None:
    act, calls = failing(1, error, sqlstate)

    with pytest.raises(error):
        transactions.run(act)

    assert len(calls) == 1


def test_within_a_transaction_it_runs_once() -> None:
    act, calls = failing(1, OperationalError, "40P01")

    with pytest.raises(OperationalError), transaction.atomic():
        transactions.run(act)

    assert len(calls) == 1


def test_what_was_committed_is_not_repeated() -> None:
    calls: list[int] = []

    def fail() -> None:
        raise OperationalError("after the commit") from Refusal("40P01")

    def act() -> None:
        calls.append(1)
        transaction.on_commit(fail)

    with pytest.raises(OperationalError):
        transactions.run(act)

    assert len(calls) == 1


def test_an_error_after_the_commit_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(name: str) -> None:
        raise ValueError(name)

    with transaction.atomic():
        transactions.after_commit(fail, "broken")

    assert "broken" in caplog.text
