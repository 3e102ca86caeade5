"""A list by pages: each begins after the last row of the one before, so that all cost the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

ROWS = 50
MOST = 2**63 - 1  # that an id can be

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
        if not (before.isascii() and before.isdigit()) or int(before) > MOST:
            raise Http404
        rows = after(rows, int(before)) if after else rows.filter(pk__lt=int(before))
    found = list(rows[: ROWS + 1])
    if len(found) <= ROWS:
        return found, ""
    query = request.GET.copy()
    query["before"] = str(found[ROWS - 1].pk)
    return found[:ROWS], query.urlencode()
