"""The browser decides as the server does: both are held to tests/cases/preferences.json."""

from __future__ import annotations

import json

from playwright.sync_api import Browser

from tests import ROOT
from tests.cluster import Cluster

CASES = ROOT / "tests" / "cases" / "preferences.json"
DECIDE = """async (cases) => {
  const { wants } = await import("/static/notifications/shared/preferences-rule.js");
  return cases.map(({ preferences, category, severity, at }) =>
    wants(preferences, { category, severity }, new Date(at)));
}"""


def test_the_browser_decides_every_case_as_the_server(cluster: Cluster, browser: Browser) -> None:
    cases = json.loads(CASES.read_text())
    page = browser.new_page()
    page.goto(f"{cluster.http_url}/")

    decided = page.evaluate(DECIDE, cases)
    page.close()

    assert len(cases) > 20
    assert {case["name"]: wants for case, wants in zip(cases, decided, strict=True)} == {
        case["name"]: case["wants"] for case in cases
    }


def test_what_is_not_known_is_wanted(cluster: Cluster, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{cluster.http_url}/")
    case = {"preferences": None, "category": "builds", "severity": "info", "at": "2026-01-15T12:00:00Z"}

    decided = page.evaluate(DECIDE, [case])
    page.close()

    assert decided == [{"feed": True, "toast": True, "reason": "wanted"}]
