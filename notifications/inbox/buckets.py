"""Buckets, by which the database counts rows between any two of many bounds in one pass."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Func, IntegerField

FEW = 4  # bounds, between which comparing is faster than a function


class Bounds:
    """Values of one type, ascending. Each begins a bucket, from 1; below the first is bucket 0."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = sorted(set(values))

    def bucket(self, bound: Any) -> int:
        """The bucket that this one of the values begins."""
        return bisect_left(self.values, bound) + 1


class Bucket(Func):
    """The bucket that the value of a column is in; null for null."""

    output_field = IntegerField()

    def __init__(self, column: str, bounds: Bounds) -> None:
        super().__init__(F(column))
        self._bounds = bounds.values

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if len(self._bounds) <= FEW:
            return self.as_sqlite(compiler, connection)
        column, params = compiler.compile(self.source_expressions[0])
        type = self.source_expressions[0].output_field.db_type(connection)
        return f"width_bucket({column}, %s::{type}[])", (*params, self._bounds)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, tuple[Any, ...]]:
        """A binary search, written out."""
        column, params = compiler.compile(self.source_expressions[0])
        field = self.source_expressions[0].output_field
        bounds = [field.get_db_prep_value(bound, connection) for bound in self._bounds]
        values: list[Any] = []

        def search(begin: int, end: int) -> str:
            if begin == end:
                return str(begin)
            middle = (begin + end) // 2
            values.extend([*params, bounds[middle]])
            below, above = search(begin, middle), search(middle + 1, end)
            return f"CASE WHEN {column} < %s THEN {below} ELSE {above} END"

        buckets = search(0, len(bounds))
        return f"CASE WHEN {column} IS NULL THEN NULL ELSE {buckets} END", (*params, *values)
