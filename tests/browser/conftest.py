from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cluster import Cluster

# Chromium asks the world about itself at every start; here there is no world.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def api(cluster: Cluster) -> Iterator[httpx.Client]:
    key = {"Authorization": "Bearer demo-key"}
    with httpx.Client(base_url=cluster.http_url, headers=key, timeout=20) as client:
        yield client


@pytest.fixture
def inbox(cluster: Cluster, browser: Browser) -> Iterator[Page]:
    """Alice's inbox, live. A message on the console that speaks of the CSP fails the test."""
    context = browser.new_context()
    page = context.new_page()
    violations: list[str] = []
    page.on("console", lambda m: violations.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(f"{cluster.http_url}/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#state", has_text="live").wait_for()
    yield page
    context.close()
    assert violations == []
