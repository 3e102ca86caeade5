"""`publish_html()` in pages of htmx and Turbo as they come from npm: all of it, once, in order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route

from tests import ROOT
from tests.browser.tabs import feeds_of, until_in
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

MODULES = ROOT / "tests" / "system" / "clients" / "node_modules"
NONCE = "0123456789abcdef"  # for the one style element that Turbo makes
POLICY = f"default-src 'self'; style-src 'self' 'nonce-{NONCE}'"  # nothing inline, nothing evaluated
PATIENCE_S = 40

PUBLISH = """
import json, sys, django
from django.conf import settings
django.setup()
settings.TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {
        "row.html": "<li>\\n  {{ name }}\\n</li>",
        "stream.html": '<turbo-stream action="append" target="rows">\\n'
            '<template>{% include "row.html" %}</template>\\n</turbo-stream>',
    })]},
}]
from hub import publish_html
for topic, template in json.loads(sys.argv[1]).items():
    for name in sys.argv[2:]:
        publish_html(topic, template, {"name": name})
"""
# By library: its scripts, where rows come, and the template that it reads.
LIBRARIES = {
    "htmx": (
        ["htmx.org/dist/htmx.js", "htmx-ext-sse/sse.js"],
        '<div hx-ext="sse" sse-connect="{feed}">'
        '<ul id="rows" sse-swap="message" hx-swap="beforeend"></ul><p id="said" sse-swap="said"></p></div>',
        "row.html",
    ),
    "htmx-4": (
        ["htmx-4/dist/htmx.js", "htmx-4/dist/ext/hx-sse.js"],
        '<ul id="rows" hx-sse:connect="{feed}" hx-swap="beforeend"></ul>',
        "row.html",
    ),
    "turbo": (
        ["@hotwired/turbo/dist/turbo.es2017-umd.js"],
        '<turbo-stream-source src="{feed}"></turbo-stream-source><ul id="rows"></ul>',
        "stream.html",
    ),
}
CONFIG = {"includeIndicatorStyles": False, "includeIndicatorCSS": False, "allowEval": False}


def publish(cluster: Cluster, *names: str) -> None:
    """By a process that is no instance, as a worker's, to each library."""
    env = {**cluster.env, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    topics = {f"repo-{library}": template for library, (_, _, template) in LIBRARIES.items()}
    command = [sys.executable, "-c", PUBLISH, json.dumps(topics), *names]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def open_page(page: Page, cluster: Cluster, library: str) -> None:
    """A page of the hub's own origin with this library and no script of its own."""
    scripts, body, _ = LIBRARIES[library]
    feed = f"/feed/?own=0&amp;format=html&amp;topic=repo-{library}"
    html = (
        f"<!doctype html><title>{library}</title><meta name=htmx-config content='{json.dumps(CONFIG)}'>"
        f"<meta name=csp-nonce content={NONCE}>"
        + "".join(f'<script src="/npm/{script}"></script>' for script in scripts)
        + body.format(feed=feed)
    )

    def answer(route: Route) -> None:
        route.fulfill(body=html, headers={"Content-Type": "text/html", "Content-Security-Policy": POLICY})

    def script(route: Route) -> None:
        file: Path = MODULES / route.request.url.partition("/npm/")[2]
        route.fulfill(body=file.read_text(), content_type="text/javascript; charset=utf-8")

    page.route("**/markup/", answer)
    page.route("**/npm/**", script)
    page.goto(f"{cluster.http_url}/markup/")


def rows(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#rows li").all_text_contents()]


def all_show(pages: dict[str, Page], names: list[str]) -> None:
    for library, page in pages.items():
        until_in(page, partial(shows, page, len(names)), f"{len(names)} rows with {library}", PATIENCE_S)
        assert rows(page) == names


def shows(page: Page, number: int) -> bool:
    return len(rows(page)) >= number


@pytest.fixture
def pages(cluster: Cluster, browser: Browser) -> Iterator[dict[str, Page]]:
    """A page of each library, with an open feed."""
    with ExitStack() as stack:
        pages = {library: stack.enter_context(signed_in(browser, cluster, "alice")) for library in LIBRARIES}
        for library, page in pages.items():
            open_page(page, cluster, library)
        until_in(
            page, lambda: sum(feeds_of(one.url) for one in cluster.instances) == len(pages), "their feeds"
        )
        yield pages


def test_each_shows_all_rows_once_and_in_order_though_every_instance_is_killed(
    cluster: Cluster, pages: dict[str, Page]
) -> None:
    names = ["1", "<script>alert(2)</script>"]
    publish(cluster, *names)
    all_show(pages, names)

    for served in cluster.instances:
        served.kill()
        missed = [f"{served.url} & {number}" for number in (1, 2)]
        publish(cluster, *missed)
        names += missed
        all_show(pages, names)
        served.start()
        served.wait_ready(60)

    all_show(pages, names)
    for page in pages.values():
        assert page.locator("#rows script").count() == 0


def test_what_anyone_else_publishes_is_text_in_such_a_page(pages: dict[str, Page], api: httpx.Client) -> None:
    data = {"html": True, "data": "<img src=x>", "text": "<b>bold</b> &lt;i&gt;"}
    event = {"topic": "repo-htmx", "type": "said", "data": data}

    api.post("/api/v1/events", json=event).raise_for_status()

    pages["htmx"].locator("#said", has_text="bold").wait_for()
    shown = pages["htmx"].locator("#said")
    assert json.loads(shown.text_content() or "")["data"] == data
    assert shown.locator("*").count() == 0
