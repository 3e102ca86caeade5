"""One stream a browser: a tab leads, the others hear from it, and another takes over when it goes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browser.tabs import leads, open_feeds, received, run, sign_in, state, tab, until, until_in
from tests.browser.visitor import session, sign_out
from tests.cluster import Cluster

TABS = 10


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def tabs(context: BrowserContext, cluster: Cluster) -> list[Page]:
    """Ten of alice's, more than the six connections that HTTP/1.1 has."""
    until(lambda: open_feeds(cluster) == 0, "earlier feeds are gone")
    first = sign_in(context, cluster, "alice")
    return [first, *(tab(context, cluster) for _ in range(TABS - 1))]


def post(api: httpx.Client, title: str) -> None:
    answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})
    assert answer.status_code == 201, answer.text


def test_ten_tabs_live_on_one_stream(tabs: list[Page], api: httpx.Client, cluster: Cluster) -> None:
    post(api, "to ten tabs")

    for page in tabs:
        until(lambda page=page: received(page) == ["to ten tabs"], "the tab heard it")  # type: ignore[misc]
    assert open_feeds(cluster) == 1


def test_another_tab_becomes_leader_and_nothing_is_missed_or_doubled(
    tabs: list[Page], api: httpx.Client, cluster: Cluster
) -> None:
    leader = next(page for page in tabs if leads(page))
    others = [page for page in tabs if page is not leader]
    titles = [f"around the hand-over {number}" for number in range(30)]

    for number, title in enumerate(titles):
        post(api, title)
        if number == 10:
            leader.close()

    until(lambda: sum(leads(page) for page in others) == 1, "another leads", seconds=2)
    for page in others:
        until(lambda page=page: len(received(page)) >= len(titles), "the tab heard all")  # type: ignore[misc]
        assert received(page) == titles
    assert open_feeds(cluster) == 1


def test_a_tab_that_joins_late_loads_what_the_leader_has_passed_on_already(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    first = sign_in(context, cluster, "alice")
    late = context.new_page()
    held: list[Route] = []
    late.route("**/shared/store.*.js", lambda route: held.append(route))
    late.goto(f"{cluster.http_url}/", wait_until="commit")
    until_in(late, lambda: bool(held), "the late page waits for its script")
    post(api, "told before it listened")
    until(lambda: "told before it listened" in received(first), "the leader has told it")

    held[0].continue_()

    late.get_by_role("link", name="told before it listened", exact=True).wait_for()


def test_without_locks_each_tab_has_a_stream_and_the_same_count(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    until(lambda: open_feeds(cluster) == 0, "earlier feeds are gone")
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    pages = [sign_in(context, cluster, "alice"), tab(context, cluster), tab(context, cluster)]

    post(api, "to each by itself")

    for page in pages:
        until(lambda page=page: received(page) == ["to each by itself"], "the tab heard it")  # type: ignore[misc]
    until(lambda: {counted(page) for page in pages} == {unread(api)}, "all say the server's count")
    assert open_feeds(cluster) == len(pages)


def test_a_visible_tab_wakes_a_hidden_leader_whose_timers_sleep(
    context: BrowserContext, cluster: Cluster
) -> None:
    leader = sign_in(context, cluster, "alice")
    other = tab(context, cluster)
    assert leads(leader)
    leader.evaluate("window.setTimeout = () => 0")

    for instance in cluster.instances:
        instance.kill()
    until(lambda: state(other) == "reconnecting", "the other tab knows")
    for instance in cluster.instances:
        instance.start()
    for instance in cluster.instances:
        instance.wait_ready(60)

    until(lambda: state(other) == "live", "the stream is back although no timer ran")
    assert leads(leader)


def test_a_leader_that_stands_still_is_replaced(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    leader = sign_in(context, cluster, "alice")
    others = [tab(context, cluster), tab(context, cluster)]
    assert leads(leader)
    tools = context.new_cdp_session(leader)
    tools.send("Debugger.enable")
    tools.send("Debugger.pause")

    until_in(others[0], lambda: sum(leads(page) for page in others) == 1, "another leads", 30)

    post(api, "while the leader stood still")
    for page in others:
        until_in(page, lambda page=page: len(received(page)) == 1, "it heard it")  # type: ignore[misc]
    tools.send("Debugger.disable")
    until_in(others[0], lambda: open_feeds(cluster) == 1, "the old leader has given up its feed")
    post(api, "to all again")
    for page in [leader, *others]:
        until(lambda page=page: received(page)[-1:] == ["to all again"], "the tab heard it")  # type: ignore[misc]
        assert received(page) == ["while the leader stood still", "to all again"]
        assert state(page) == "live"


def test_signing_in_again_in_a_new_tab_revives_the_others(context: BrowserContext, cluster: Cluster) -> None:
    old = sign_in(context, cluster, "alice")
    other = tab(context, cluster)
    sign_out(other)
    until(lambda: state(old) == "signed out", "the old tab knows")

    other.close()
    sign_in(context, cluster, "alice")

    until(lambda: state(old) == "live", "the old tab is live")


def test_a_revoked_user_is_signed_out_in_every_tab_and_none_reconnects(
    context: BrowserContext, cluster: Cluster
) -> None:
    tabs = [sign_in(context, cluster, "bob"), tab(context, cluster)]
    feeds: list[str] = []
    context.on("request", lambda request: feeds.append(request.url) if "/feed/?" in request.url else None)
    act = "from django.contrib.auth.models import User; u = User.objects.get(username='bob'); "

    cluster.manage("shell", "-v0", "-c", act + "u.is_active = False; u.save()")
    try:
        for page in tabs:
            until(lambda page=page: state(page) == "signed out", "the tab knows")  # type: ignore[misc]
            page.evaluate("dispatchEvent(new Event('online'))")
        assert feeds == []
    finally:
        cluster.manage("shell", "-v0", "-c", act + "u.is_active = True; u.save()")
        session.cache_clear()


def test_a_session_that_another_replaced_goes_on(context: BrowserContext, cluster: Cluster) -> None:
    page = sign_in(context, cluster, "alice")
    script = "from django.contrib.sessions.models import Session; Session.objects.get(pk='{}').delete()"
    [old] = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "sessionid"]
    session.cache_clear()
    context.add_cookies(session(cluster, "alice"))
    run(page, "window.states = []; store.addEventListener('state', (e) => window.states.push(e.detail));")

    cluster.manage("shell", "-v0", "-c", script.format(old))

    until(lambda: "reconnecting" in page.evaluate("window.states"), "the old one has ended")
    until(lambda: state(page) == "live", "the page goes on")
    assert "signed out" not in page.evaluate("window.states")


def unread(api: httpx.Client) -> int:
    answer = api.get("/api/v1/notifications/count", params={"user": "alice"})
    return int(answer.json()["count"]["unread"])


def counted(page: Page) -> int:
    return int(run(page, "return store.count.unread"))
