"""Browsers with several tabs, and what their stores and the servers know."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page

from tests.browser.visitor import session
from tests.cluster import Cluster
from tests.cluster.static import static_url

LISTEN = """
  window.received = [];
  store.addEventListener("notification", (event) => window.received.push(event.detail.title));
"""


def sign_in(context: BrowserContext, cluster: Cluster, name: str) -> Page:
    """In all tabs, and one that is live."""
    context.add_cookies(session(cluster, name))
    return tab(context, cluster)


def tab(context: BrowserContext, cluster: Cluster) -> Page:
    """One whose store has noted what it hears, once it is live."""
    page = context.new_page()
    page.goto(f"{cluster.http_url}/")
    return live(page)


def live(page: Page) -> Page:
    page.wait_for_function("document.querySelector('notification-bell')")
    run(page, LISTEN)
    until(lambda: state(page) == "live", "the tab is live")
    return page


def run(page: Page, script: str) -> Any:
    """What a script answers that finds `store` and `client` there."""
    return page.evaluate(f"async () => {{ {store_script()} {script} }}")


def store_script() -> str:
    """Declares the page's own `store`, and a `client` of it."""
    return f"""
      const {{ storeFor }} = await import("{static_url("notifications/shared/store.js")}");
      const {{ InboxClient }} = await import("{static_url("notifications/shared/inbox-client.js")}");
      const store = storeFor(document.querySelector("notification-bell"));
      const client = new InboxClient(store);
    """


def state(page: Page) -> str:
    return str(run(page, "return store.state"))


def received(page: Page) -> list[str]:
    return list(page.evaluate("window.received"))


def leads(page: Page) -> bool:
    """Whether this tab holds the stream's lock."""
    script = """
      const query = async () => (await navigator.locks.query()).held;
      const name = crypto.randomUUID();
      const me = await navigator.locks.request(name, async () =>
        (await query()).find((lock) => lock.name === name).clientId);
      return (await query()).some((lock) => lock.name.startsWith("hub ") && lock.clientId === me);
    """
    return bool(run(page, script))


def open_feeds(cluster: Cluster) -> int:
    """On all instances that live."""
    return sum(feeds_of(instance.url) for instance in cluster.instances if instance.alive)


def feeds_of(url: str) -> int:
    return _metric(url, "hub_feeds")


def topics_of(url: str) -> int:
    return _metric(url, "hub_topics")


def members_of(url: str) -> int:
    return _metric(url, "hub_members")


def _metric(url: str, name: str) -> int:
    found = re.search(rf"^{name} (\d+)", httpx.get(f"{url}/metrics", timeout=10).text, re.MULTILINE)
    assert found
    return int(found[1])


def until_in(page: Page, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """As `until`, while the page's own events are let through to us."""

    def holds() -> bool:
        page.wait_for_timeout(20)
        return condition()

    until(holds, what, seconds)


def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
