"""Pages of a list, each addressed by a cursor: the last row of the page before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from notifications import pagination
from notifications.dashboard.parameters import row_id

PAGE_SIZE = 50  # rows

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of a page; ``next`` is the query string of the next one, empty for the last."""

    rows: list[Row]
    next: str
    is_first: bool


def page_of(
    request: HttpRequest,
    rows: QuerySet[Row],
    order: Sequence[str],
    keys: Callable[[str], Sequence[Any]] = lambda cursor: (row_id(cursor),),
    *,
    parameter: str = "before",
    cursor: str = "pk",
) -> Page[Row]:
    """The page a request asks for: the first, or the one after the cursor in this ``parameter``.

    ``keys`` gives the ordering keys of the row a cursor names, by default its id; it raises `Http404` for a
    cursor that names none. ``cursor`` is the field of a row that names it.
    """
    after = request.GET.get(parameter, "")
    found, more = pagination.page(rows, order, PAGE_SIZE, keys(after) if after else None)
    query = request.GET.copy()
    if more:
        query[parameter] = str(getattr(found[-1], cursor))
    return Page(found, query.urlencode() if more else "", not after)
