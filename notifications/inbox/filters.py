"""The part of an inbox that a page shows, read from the query string; `inbox/filters.js` mirrors it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from notifications.models import CATEGORY, UNSAYABLE

FILTERS = ("all", "unread", "archived")
MAX_QUERY = 100  # characters


@dataclass(frozen=True, slots=True)
class View:
    """What an inbox page shows; ``before`` is the last id on the page before."""

    filter: str = "all"
    category: str = ""
    q: str = ""
    before: UUID | None = None

    @classmethod
    def read(cls, query: QueryDict) -> View:
        """Raises `ValueError` for a query that no link of ours makes."""
        filter = query.get("filter") or "all"
        category = query.get("category", "")
        if filter not in FILTERS or not CATEGORY.fullmatch(category):
            raise ValueError("There is no such view.")
        q = UNSAYABLE.sub("", query.get("q", "")).strip()[:MAX_QUERY]
        before = query.get("before")
        return cls(filter, category, q, UUID(before) if before else None)

    def url(self, **changes: Any) -> str:
        other = replace(self, **changes)
        query = {name: str(value) for name in self.__slots__ if (value := getattr(other, name))}
        if other.filter == "all":
            del query["filter"]
        return reverse("notifications:inbox") + (f"?{urlencode(query)}" if query else "")

    @property
    def tabs(self) -> list[tuple[str, str, str]]:
        """Name, phrase key and address of each filter; category and search stay."""
        return [(name, f"view_{name}", self.url(filter=name, before=None)) for name in FILTERS]

    @property
    def empty(self) -> str:
        """The phrase key for a view without notifications."""
        if self.q or self.category:
            return "nothing_found"
        return "all_quiet" if self.filter == "all" else f"nothing_{self.filter}"

    @property
    def empty_hint(self) -> str:
        return f"{self.empty}_hint"

    @property
    def newest(self) -> str:
        return self.url(before=None)
