"""Pages of rows follow each other without a gap or a repetition, whatever happens to the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Subquery

from notifications.pagination import following, page

pytestmark = pytest.mark.django_db

NAMES = [("b", 2), ("a", 1), ("b", 1), ("a", 2), ("c", 1), ("b", 3)]


@pytest.fixture(autouse=True)
def people() -> None:
    for first, day in NAMES:
        joined = datetime(2026, 1, day, tzinfo=UTC)
        User.objects.create(username=f"{first}{day}", first_name=first, date_joined=joined)


def keys(order: Sequence[str], row: User) -> tuple[Any, ...]:
    return tuple(getattr(row, name.removeprefix("-")) for name in order)


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize(
    "order",
    [
        ("username",),
        ("-pk",),
        ("first_name", "pk"),
        ("-first_name", "-pk"),
        ("first_name", "-date_joined", "pk"),
        ("-first_name", "date_joined", "pk"),
    ],
)
def test_the_pages_are_the_whole_list_in_order(order: tuple[str, ...], size: int) -> None:
    whole = list(User.objects.order_by(*order))
    walked: list[User] = []
    more, after = True, None

    while more:
        rows, more = page(User.objects.all(), order, size, after)
        walked += rows
        after = keys(order, rows[-1])

    assert walked == whole


def test_the_last_page_says_that_it_is_the_last_even_when_it_is_full() -> None:
    rows, more = page(User.objects.all(), ("pk",), len(NAMES))

    assert (len(rows), more) == (len(NAMES), False)


def test_no_rows_are_one_empty_page() -> None:
    assert page(User.objects.none(), ("pk",), 5) == ([], False)


def test_a_page_after_a_row_that_was_deleted_is_found() -> None:
    order = ("first_name", "pk")
    rows, _ = page(User.objects.all(), order, 3)
    rest, _ = page(User.objects.all(), order, 50, keys(order, rows[-1]))
    after = keys(order, rows[-1])
    rows[-1].delete()

    assert page(User.objects.all(), order, 50, after)[0] == rest


def test_keys_may_be_expressions() -> None:
    last = User.objects.filter(username="b1")
    after = (Subquery(last.values("first_name")), Subquery(last.values("username")))

    found = following(User.objects.all(), ("first_name", "username"), after)

    assert [user.username for user in found] == ["b2", "b3", "c1"]


def test_keys_that_do_not_fit_the_order_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        following(User.objects.all(), ("first_name", "pk"), ("a",))
