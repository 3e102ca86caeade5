"""Behind a proxy that lets no stream through a page is slow, but never mute, and recovers by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.tabs import LISTEN, received, run, state, until
from tests.browser.visitor import session
from tests.cluster import Cluster
from tests.cluster.stream_proxy import StreamProxy

PATIENCE_S = 60
PROMPT_S = 6  # sooner than a count is requested again, which is every 12 to 18 s
ALL = 1 << 30  # bytes: nothing passes before the end
COUNTS = "window.counts = []; store.addEventListener('count', (e) => window.counts.push(e.detail.unread));"
POLLED = ["all", "blocks", "swallowed", "cut"]
MUTE = "mute"  # its polls do not come through, either


@dataclass
class Way:
    """Alice's page, and the proxy between it and the hub."""

    proxy: StreamProxy
    page: Page


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """With quick heartbeats, by which a page trusts its stream again."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, 2, extra_env={"HUB_HEARTBEAT_S": "2"}) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def ways(cluster: Cluster, browser: Browser) -> Iterator[dict[str, Way]]:
    """All at once, as it takes half a minute to find out."""
    port = cluster.ports.http
    proxies = {
        "all": StreamProxy(port, block=ALL),
        "blocks": StreamProxy(port, block=4096),
        "swallowed": StreamProxy(port, swallows="streams"),
        "cut": StreamProxy(port, cut_s=3),
        MUTE: StreamProxy(port, swallows="all"),
    }
    with ExitStack() as opened:
        for proxy in proxies.values():
            opened.enter_context(proxy)
        yield {name: Way(proxy, at(browser, cluster, proxy)) for name, proxy in proxies.items()}


@pytest.fixture(scope="module")
def dashboard(ways: dict[str, Way], cluster: Cluster, browser: Browser) -> Page:
    """Staff's, behind the proxy that swallows streams."""
    page = browser.new_context().new_page()
    page.context.add_cookies(session(cluster, "admin"))
    page.goto(f"{ways['swallowed'].proxy.url}/dashboard/")
    return page


def at(browser: Browser, cluster: Cluster, proxy: StreamProxy) -> Page:
    """Alice's inbox behind it, whose store notes what it receives."""
    page = browser.new_context().new_page()
    page.context.add_cookies(session(cluster, "alice"))
    page.goto(f"{proxy.url}/")
    page.wait_for_function("document.querySelector('notification-bell')")
    run(page, LISTEN + COUNTS)
    return page


def post(api: httpx.Client, title: str) -> None:
    answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})
    assert answer.status_code == 201, answer.text


def unread(api: httpx.Client) -> int:
    answer = api.get("/api/v1/notifications/count", params={"user": "alice"})
    return int(answer.json()["count"]["unread"])


def counted(page: Page) -> int:
    return int(run(page, "return store.count.unread"))


def shown(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).first.wait_for(timeout=PROMPT_S * 1000)


def slow(page: Page) -> None:
    until(lambda: state(page) == "slow", "it says that it is slow", PATIENCE_S)


@pytest.mark.usefixtures("dashboard")  # opened with the others
@pytest.mark.parametrize("name", POLLED)
def test_what_comes_is_there_at_once_by_polls(ways: dict[str, Way], api: httpx.Client, name: str) -> None:
    page = ways[name].page
    post(api, f"{name} missed")
    slow(page)
    until(lambda: received(page)[-1:] == [f"{name} missed"], "what came before is received", PROMPT_S)
    assert page.locator("#state").inner_text() == "slow"
    before = received(page)

    for title in (f"{name} one", f"{name} two"):
        post(api, title)
        until(lambda title=title: received(page)[-1:] == [title], "it is received", PROMPT_S)  # type: ignore[misc]
        shown(page, title)
        until(lambda: counted(page) == unread(api), "its count is the server's", PROMPT_S)

    assert received(page) == [*before, f"{name} one", f"{name} two"]
    assert state(page) == "slow"
    assert all(isinstance(count, int) for count in page.evaluate("window.counts"))


def test_where_polls_are_swallowed_too_it_requests_the_count_and_the_list(
    ways: dict[str, Way], api: httpx.Client
) -> None:
    page = ways[MUTE].page
    slow(page)

    post(api, "known by the count")

    until(lambda: counted(page) == unread(api), "its count is the server's", PATIENCE_S)
    shown(page, "known by the count")
    assert "known by the count" not in received(page)


def test_a_toast_comes_in_every_tab_and_one_of_them_polls(ways: dict[str, Way], api: httpx.Client) -> None:
    proxy, leader = ways["swallowed"].proxy, ways["swallowed"].page
    slow(leader)
    tab = leader.context.new_page()
    feeds: list[str] = []
    tab.on("request", lambda request: feeds.append(request.url) if "/feed/" in request.url else None)
    tab.goto(f"{proxy.url}/preferences/")  # the inbox holds toasts back
    tab.locator("notification-bell button.bell[data-state=slow]").wait_for()

    post(api, "to both tabs")

    toast = tab.locator("notification-toasts .toast").filter(has_text="to both tabs")
    toast.wait_for(timeout=PROMPT_S * 1000)
    shown(leader, "to both tabs")
    assert feeds == []
    tab.close()


def test_the_next_page_polls_at_once(ways: dict[str, Way], api: httpx.Client) -> None:
    page = ways["blocks"].page
    slow(page)

    page.reload()
    run(page, LISTEN)
    post(api, "to the next page")

    until(lambda: received(page) == ["to the next page"], "it is received", PROMPT_S)


def test_the_dashboard_goes_on_by_polls(dashboard: Page) -> None:
    dashboard.locator("#state[data-state=slow]").wait_for(timeout=PATIENCE_S * 1000)

    dashboard.locator("#pills .pill", has_text="live").nth(1).wait_for(timeout=PATIENCE_S * 1000)

    assert dashboard.locator("#live.stale").count() == 0
    assert dashboard.locator("#state").inner_text() == "slow"


def test_they_are_live_again_once_the_stream_comes_through(ways: dict[str, Way], api: httpx.Client) -> None:
    pages = [way.page for way in ways.values()]
    for page in pages:
        slow(page)

    for way in ways.values():
        way.proxy.let_through()

    for page in pages:
        until(lambda page=page: state(page) == "live", "it is live again", PATIENCE_S)  # type: ignore[misc]
    post(api, "live again")
    for page in pages:
        shown(page, "live again")
        until(lambda page=page: counted(page) == unread(api), "its count is the server's")  # type: ignore[misc]
        assert received(page).count("live again") == 1
