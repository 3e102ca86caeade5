"""Keyset pagination: a page begins after the last row of the one before; every page costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def page(
    rows: QuerySet[Row], order: Sequence[str], size: int, after: Sequence[Any] | None = None
) -> tuple[list[Row], bool]:
    """Up to ``size`` rows that follow the one whose keys are ``after``, and whether more follow them."""
    found = list(following(rows, order, after)[: size + 1])
    return found[:size], len(found) > size


def following(rows: QuerySet[Row], order: Sequence[str], after: Sequence[Any] | None = None) -> QuerySet[Row]:
    """``rows`` in ``order``, from behind the row whose keys are ``after``; all of them without it.

    ``order`` names fields or annotations as `QuerySet.order_by` does, ``-`` for descending; none may be
    null, and together they are unique. ``after`` has a value or an expression for each. No row needs to
    have these keys: the page of a row that has been deleted is found, too.
    """
    rows = rows.order_by(*order)
    if after is None:
        return rows
    behind, equal = Q(), Q()
    for name, value in zip(order, after, strict=True):
        field = name.removeprefix("-")
        lookup = f"{field}__lt" if name.startswith("-") else f"{field}__gt"
        behind |= equal & Q((lookup, value))
        equal &= Q((field, value))
    return rows.filter(behind)
