from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.visitor import signed_in
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
        # Chromium's engine without a window, at half the cost.
        shell = shutil.which("chromium-headless-shell")
        browser = playwright.chromium.launch(executable_path=shell, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def api(cluster: Cluster) -> Iterator[httpx.Client]:
    key = {"Authorization": "Bearer demo-key"}
    with httpx.Client(base_url=cluster.http_url, headers=key, timeout=20) as client:
        yield client


@pytest.fixture
def inbox(cluster: Cluster, browser: Browser) -> Iterator[Page]:
    """Alice's inbox, live."""
    with signed_in(browser, cluster, "alice") as page:
        page.goto(f"{cluster.http_url}/")
        page.locator("#state", has_text="live").wait_for()
        yield page
