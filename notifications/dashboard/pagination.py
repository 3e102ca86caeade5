"""A list by pages: each begins after the last row of the one before, so that all cost the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from notifications.dashboard.parameters import number

ROWS = 50

Row = TypeVar("Row", bound=Model)


def page_of(
    request: HttpRequest,
    rows: QuerySet[Row],
    after: Callable[[QuerySet[Row], int], QuerySet[Row]] | None = None,
) -> tuple[list[Row], str]:
    """The rows after ``?before=<id>`` (the newest without it), and the query of the next page; "" if none.

    ``after`` says which come after that one in an order other than by falling id. Raises `Http404` for
    what is no id.
    """
    before = request.GET.get("before", "")
    if before:
        last = number(before)
        rows = after(rows, last) if after else rows.filter(pk__lt=last)
    found = list(rows[: ROWS + 1])
    if len(found) <= ROWS:
        return found, ""
    query = request.GET.copy()
    query["before"] = str(found[ROWS - 1].pk)
    return found[:ROWS], query.urlencode()
