"""Which toasts are folded: tests/cases/toast_folding.json holds the browser and the server to one rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notifications.tracking.toast_folding import folded
from tests import ROOT

CASES = json.loads((ROOT / "tests" / "cases" / "toast_folding.json").read_text())
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lost(*seconds: float) -> list[int]:
    """Of notifications that came so many seconds after a moment, which (from 0) had no toast."""
    arrivals = [(BEGIN + timedelta(seconds=at), UUID(int=n)) for n, at in enumerate(seconds)]
    return sorted(id.int for id in folded(arrivals))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_toasts_are_folded_as_in_the_browser(case: dict[str, Any]) -> None:
    assert lost(*case["seconds"]) == case["folded"]


def test_the_order_in_which_they_are_given_does_not_matter() -> None:
    assert lost(6, 5, 4, 3, 2, 1, 0) == [0]
