"""The rule that decides what reaches a person; `preferences-rule.js` is held to the same cases."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from notifications.inbox.preference_rule import Decision, wants
from tests import ROOT

CASES = json.loads((ROOT / "tests" / "cases" / "preferences.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_it_decides_as_the_cases_say(case: dict[str, Any]) -> None:
    decision = wants(case["preferences"], case, datetime.fromisoformat(case["at"]))

    assert decision == Decision(**case["wants"])
