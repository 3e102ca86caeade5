"""A page of another origin has a bell, a panel, toasts and feeds of its own, as docs/embedding.md says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.other_origin.host import Host, hosting
from tests.browser.tabs import open_feeds, until, until_in
from tests.cluster import Cluster

LIVE = "notification-bell button.bell[data-state=live]"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, 2, extra_env={"HUB_ALLOWED_ORIGINS": host.origin}) as cluster:
        host.hub = cluster.http_url
        yield cluster


@pytest.fixture
def context(cluster: Cluster, browser: Browser, host: Host) -> Iterator[BrowserContext]:
    """Nothing is unread, and no feed is open."""
    headers = {"Authorization": f"Bearer {host.tokens()['token']}"}
    httpx.post(f"{cluster.http_url}/api/v1/notifications/read-all", headers=headers).raise_for_status()
    until(lambda: open_feeds(cluster) == 0, "nobody listens")
    context = browser.new_context()
    wrong: list[str] = []
    context.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield context
    context.close()
    assert wrong == []


def post(api: httpx.Client, title: str) -> None:
    body = {"to": ["user:alice"], "title": title}
    api.post("/api/v1/notifications", json=body).raise_for_status()


def open_page(context: BrowserContext, origin: str, token: str) -> Page:
    page = context.new_page()
    page.goto(f"{origin}/?{urlencode({'token': token})}")
    return page


def test_the_bell_rings_and_its_panel_works(context: BrowserContext, host: Host, api: httpx.Client) -> None:
    post(api, "was there before")
    page = open_page(context, host.origin, host.tokens()["token"])
    bell = page.locator(LIVE)

    expect(bell).to_have_accessible_name("Notifications, 1 unread")
    post(api, "came just now")
    expect(bell).to_have_accessible_name("Notifications, 2 unread")
    expect(page.locator("notification-toasts .toast")).to_contain_text("came just now")
    bell.click()
    row = page.locator("notification-bell .row").filter(has_text="came just now")
    row.hover()
    row.get_by_role("button", name="Mark as read").click()

    expect(bell).to_have_accessible_name("Notifications, 1 unread")
    expect(page.locator("notification-toasts .toast")).to_have_count(0)
    id = row.get_attribute("data-id")
    expect(row.get_by_role("link")).to_have_attribute("href", f"{host.hub}/notifications/{id}/")


def test_two_tabs_of_the_page_hold_one_stream(
    context: BrowserContext, host: Host, api: httpx.Client, cluster: Cluster
) -> None:
    token = host.tokens()["token"]
    tabs = [open_page(context, host.origin, token) for _ in range(2)]
    for tab in tabs:
        tab.locator(LIVE).wait_for()

    post(api, "to both")

    for tab in tabs:
        expect(tab.locator(LIVE)).to_have_accessible_name("Notifications, 1 unread")
    assert open_feeds(cluster) == 1


@pytest.mark.parametrize("fate", ["expires", "is refused"])
def test_a_token_that_runs_out_is_asked_for_again(
    context: BrowserContext, host: Host, api: httpx.Client, fate: str
) -> None:
    token = host.tokens(ttl=1)["token"] if fate == "expires" else f"{host.tokens()['token']}x"

    page = context.new_page()
    with page.expect_request(f"{host.origin}/hub-token"):
        page.goto(f"{host.origin}/?{urlencode({'token': token})}")

    page.locator(LIVE).wait_for()
    post(api, "heard with the new one")
    expect(page.locator(LIVE)).to_have_accessible_name("Notifications, 1 unread")


def test_a_revoked_token_ends_the_feed_and_another_resumes_it_in_all_tabs(
    context: BrowserContext, host: Host, api: httpx.Client
) -> None:
    given = host.tokens()
    context.route(f"{host.origin}/hub-token", lambda route: None)  # nobody gives another yet
    tabs = [open_page(context, host.origin, given["token"]) for _ in range(2)]
    for tab in tabs:
        tab.locator(LIVE).wait_for()
    feeds: list[str] = []
    context.on("request", lambda request: feeds.append(request.url) if "/feed/?" in request.url else None)

    api.delete(f"/api/v1/tokens/{given['id']}").raise_for_status()
    for tab in tabs:
        expect(tab.locator("notification-bell button.bell")).to_have_attribute("data-state", "signed out")
        tab.evaluate("dispatchEvent(new Event('online'))")
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert feeds == []
    # The tab that does not hold the stream.
    bell = tabs[1].locator("notification-bell")
    bell.evaluate("(bell, token) => bell.setAttribute('token', token)", host.tokens()["token"])

    for tab in tabs:
        tab.locator(LIVE).wait_for()
    post(api, "heard with the other")
    expect(tabs[0].locator(LIVE)).to_have_accessible_name("Notifications, 1 unread")
    assert len(feeds) == 1


def test_an_origin_that_is_not_allowed_gets_nothing(
    context: BrowserContext, host: Host, api: httpx.Client
) -> None:
    post(api, "not for strangers")
    page = context.new_page()

    with page.expect_event("requestfailed", lambda request: "/feed/" in request.url):
        query = {"token": host.tokens()["token"]}
        page.goto(f"{host.stranger}/?{urlencode(query)}")

    expect(page.locator("notification-bell button.bell")).to_have_attribute("data-state", "reconnecting")
    expect(page.locator("notification-bell .badge")).to_be_hidden()
    refused = page.evaluate(
        """([hub, token]) => {
          const headers = { Authorization: `Bearer ${token}` };
          return fetch(`${hub}/api/v1/notifications`, { headers }).then(() => "read", ({ name }) => name);
        }""",
        [host.hub, query["token"]],
    )
    assert refused == "TypeError"


def test_live_topics_go_on_with_tokens_that_expire(
    context: BrowserContext, host: Host, api: httpx.Client, cluster: Cluster
) -> None:
    page = context.new_page()
    page.goto(f"{host.origin}/")
    page.evaluate(
        """async ([hubUrl, first]) => {
          const { hub } = await import(`${hubUrl}/static/notifications/hub.js`);
          const tokens = [first];
          const issue = async () => (await (await fetch("/hub-token", { method: "POST" })).json()).token;
          const other = hub.connect({ url: hubUrl, token: () => tokens.pop() ?? issue() });
          window.states = [];
          window.received = [];
          other.on("state", ({ state }) => window.states.push(state));
          const topic = other.topic("job-42", { history: true });
          topic.on("tick", (data) => window.received.push(data));
          window.refused = new Promise((resolve) => other.topic("secret-plans").on("error", resolve));
          await topic.ready;
        }""",
        [host.hub, host.tokens(ttl=2)["token"]],
    )

    def received() -> list[int]:
        return list(page.evaluate("window.received"))

    def renewed() -> bool:
        return "connecting" in page.evaluate("window.states")

    number = 0
    while not renewed():
        body = {"topic": "job-42", "type": "tick", "data": number}
        api.post("/api/v1/events", json=body).raise_for_status()
        number += 1
    api.post("/api/v1/events", json={"topic": "job-42", "type": "tick", "data": number}).raise_for_status()

    until_in(page, lambda: len(received()) > number, "all came")
    assert received() == list(range(number + 1))
    until_in(page, lambda: page.evaluate("window.states.at(-1)") == "live", "it is live again")
    assert "refused" not in page.evaluate("window.states")
    assert page.evaluate("window.refused.then(({ topic }) => topic)") == "secret-plans"


def test_the_raw_feed_goes_on_where_it_was_when_an_instance_is_killed(
    context: BrowserContext, host: Host, api: httpx.Client, cluster: Cluster
) -> None:
    page = context.new_page()
    page.goto(f"{host.origin}/")
    page.evaluate(
        """async (hub) => {
          const { listen } = await import("/feed.js");
          window.received = [];
          const receive = (type, event) => window.received.push([type, event.data ?? null]);
          listen(hub, "job-42", ["progress"], receive);
        }""",
        cluster.http_url,
    )

    def received(type: str) -> list[int]:
        return [data for name, data in page.evaluate("window.received") if name == type]

    def back(times: int) -> bool:
        return len(received("stream-open")) > times

    sent = iter(range(1000))
    done: list[int] = []

    def progress() -> None:
        for _ in range(5):
            done.append(next(sent))
            body = {"topic": "job-42", "type": "progress", "data": done[-1]}
            # Not through nginx, which does not post again what a killed instance may have taken.
            alive = next(instance.url for instance in cluster.instances if instance.alive)
            api.post(f"{alive}/api/v1/events", json=body).raise_for_status()

    until_in(page, partial(back, 0), "the feed is open")
    progress()
    until_in(page, lambda: received("progress") == done, "all of it")
    for instance in cluster.instances:
        instance.kill()
        progress()
        until_in(page, lambda: received("progress") == done, "all of it, once and in order", 30)
        instance.start()
        instance.wait_ready(60)

    assert received("stream-reset") == []
    assert back(1), "the instance that held it was killed, too"
    assert back(1)
