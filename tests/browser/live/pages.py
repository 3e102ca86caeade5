"""Pages that import hub.js, and what they have received."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.tabs import until
from tests.browser.visitor import session
from tests.cluster import Cluster
from tests.cluster.static import static_url

RECORD = """
  window.received = [];
  window.errors = [];
  window.states = [];
  window.topics = {};
  window.open = (...names) => {
    for (const name of names) {
      window.topics[name] = hub.topic(name)
        .on("tick", (data, event) => window.received.push([event.topic, data]))
        .on("stream-reset", () => window.received.push([name, "reset"]))
        .on("error", (error) => window.errors.push(String(error)));
    }
  };
  window.ready = () => Promise.all(Object.values(window.topics).map((topic) => topic.ready)).then(() => true);
  window.close_ = (...names) => names.forEach((name) => window.topics[name].close());
  hub.on("state", ({ state }) => window.states.push(state));
"""


def open_page(context: BrowserContext, cluster: Cluster, *topics: str, path: str = "/") -> Page:
    """A page of alice's, live on these topics."""
    context.add_cookies(session(cluster, "alice"))
    page = context.new_page()
    page.goto(f"{cluster.http_url}{path}")
    run(page, f"{RECORD} window.open(...{list(topics)!r});")
    page.evaluate("window.ready()")
    until(lambda: state(page) == "live", "hub.js is live")
    return page


def run(page: Page, script: str) -> Any:
    """What a script answers that finds `hub` there."""
    module = static_url("notifications/hub.js")
    return page.evaluate(f'async () => {{ const {{ hub }} = await import("{module}"); {script} }}')


def state(page: Page) -> str:
    return str(run(page, "return hub.state"))


def received(page: Page) -> list[Any]:
    return list(page.evaluate("window.received"))
