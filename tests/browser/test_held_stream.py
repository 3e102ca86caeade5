"""Behind a proxy that holds the stream back a page is slow, but never mute, and recovers by itself."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.holding_proxy import HoldingProxy
from tests.browser.tabs import run, state, until
from tests.browser.visitor import session
from tests.cluster import Cluster

PATIENCE_S = 60
ALL = 1 << 30  # bytes: nothing passes


@pytest.fixture(params=[ALL, 4096], ids=["all", "blocks"])
def proxy(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[HoldingProxy]:
    with HoldingProxy(cluster.ports.http, request.param) as proxy:
        yield proxy


@pytest.fixture
def alice(browser: Browser, cluster: Cluster, proxy: HoldingProxy) -> Iterator[Page]:
    context = browser.new_context()
    context.add_cookies(session(cluster, "alice"))
    page = context.new_page()
    page.goto(f"{proxy.url}/")
    page.wait_for_function("document.querySelector('notification-bell')")
    yield page
    context.close()


def post(api: httpx.Client, title: str) -> None:
    answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})
    assert answer.status_code == 201, answer.text


def unread(api: httpx.Client) -> int:
    answer = api.get("/api/v1/notifications/count", params={"user": "alice"})
    return int(answer.json()["count"]["unread"])


def counted(page: Page) -> int:
    return int(run(page, "return store.count.unread"))


def test_it_asks_by_itself_says_slow_and_is_live_again_once_the_stream_passes(
    alice: Page, proxy: HoldingProxy, api: httpx.Client
) -> None:
    run(
        alice,
        "window.counts = []; store.addEventListener('count', (e) => window.counts.push(e.detail.unread));",
    )
    post(api, "while it is held back")

    until(lambda: state(alice) == "slow", "it says that it is slow", PATIENCE_S)
    until(lambda: counted(alice) == unread(api), "its count is the server's")
    alice.get_by_role("link", name="while it is held back", exact=True).first.wait_for()
    assert alice.locator("#state").inner_text() == "slow"

    post(api, "later")
    until(lambda: counted(alice) == unread(api), "its count is the server's again", PATIENCE_S)
    alice.get_by_role("link", name="later", exact=True).first.wait_for()

    proxy.block = None
    until(lambda: state(alice) == "live", "it is live again", PATIENCE_S)
    post(api, "live again")
    alice.get_by_role("link", name="live again", exact=True).first.wait_for()
    until(lambda: counted(alice) == unread(api), "its count is the server's")
    assert all(isinstance(count, int) for count in alice.evaluate("window.counts"))
