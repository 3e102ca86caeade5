"""The elements of live topics: one module tag, no script of the page's own, under a strict policy."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import signed_in
from tests.cluster import Cluster
from tests.cluster.static import static_url

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:"
ELEMENTS = """
<hub-progress topic="job-progress" label="Import"></hub-progress>
<p><hub-value topic="job-prices" key="ACME" field="price" format="currency" unit="EUR"></hub-value></p>
<hub-chart topic="job-metrics" label="Load" format="percent"></hub-chart>
<hub-log topic="job-log" label="Build"></hub-log>
"""


def document(elements: str, language: str = "en") -> str:
    script = f'<script type="module" src="{static_url("notifications/elements.js")}"></script>'
    head = f'<title>Elements</title><meta name="viewport" content="width=device-width">{script}'
    style = f'<link rel="stylesheet" href="{static_url("notifications/shared/hub.css")}">'
    return f'<!doctype html><html lang="{language}"><head>{head}{style}</head><body><main>{elements}</main>'


def show(page: Page, cluster: Cluster, elements: str, language: str = "en") -> None:
    """A page of the hub's origin with these elements, once their topics are carried."""
    headers = {"Content-Security-Policy": POLICY}
    page.route(
        "**/elements/",
        lambda route: route.fulfill(
            body=document(elements, language), content_type="text/html; charset=utf-8", headers=headers
        ),
    )
    page.goto(f"{cluster.http_url}/elements/")


@pytest.fixture
def page(browser: Browser, cluster: Cluster) -> Iterator[Page]:
    with signed_in(browser, cluster, "alice", viewport={"width": 1000, "height": 1000}) as page:
        yield page


def publish(api: httpx.Client, topic: str, type: str, *data: object) -> None:
    for n in range(0, len(data), 500):
        events = [{"topic": topic, "type": type, "data": one} for one in data[n : n + 500]]
        api.post("/api/v1/events", json={"events": events}).raise_for_status()


def test_progress_is_shown_and_said(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    show(page, cluster, '<hub-progress topic="job-progress" history label="Import"></hub-progress>')
    bar = page.get_by_role("progressbar", name="Import")

    publish(api, "job-progress", "progress", {"done": 90, "of": 300, "state": "running"})

    expect(bar).to_have_attribute("aria-valuenow", "30")
    expect(page.get_by_text("90 of 300 · 30%")).to_be_visible()
    publish(api, "job-progress", "progress", {"done": 300, "of": 300, "state": "done"})
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()


def test_a_log_of_ten_thousand_lines_draws_few_and_follows_the_end(
    page: Page, cluster: Cluster, api: httpx.Client
) -> None:
    publish(api, "job-log", "log", *({"message": f"line {n} of the build"} for n in range(1000)))
    show(page, cluster, '<hub-log topic="job-log" label="Build"></hub-log>')
    expect(page.get_by_text("1,000 lines")).to_be_visible()
    log = page.get_by_role("log", name="Build")

    publish(api, "job-log", "log", *({"message": f"line {n} of the build"} for n in range(1000, 10_000)))

    expect(page.get_by_text("10,000 lines")).to_be_visible()
    expect(log.get_by_text("line 9999 of the build")).to_be_in_viewport()
    assert log.locator(".row").count() < 100

    log.evaluate("view => view.scrollTop = 0")
    expect(log.get_by_text("line 0 of the build")).to_be_in_viewport()
    publish(api, "job-log", "log", {"message": "one more"})
    page.get_by_role("button", name="1 new line").click()
    expect(log.get_by_text("one more")).to_be_in_viewport()

    page.get_by_role("searchbox", name="Search the log").fill("LINE 4321")
    expect(log.locator(".row")).to_have_count(1)
    expect(page.get_by_text("1 of 10,001 lines")).to_be_visible()


def test_a_value_is_that_of_its_key(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    show(
        page,
        cluster,
        '<hub-value topic="job-prices" field="price" format="currency" unit="EUR" history></hub-value>',
    )

    publish(api, "job-prices", "price", {"price": 12.5})

    expect(page.get_by_text("€12.50")).to_be_visible()


def test_a_chart_says_its_values_in_words(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    show(page, cluster, '<hub-chart topic="job-metrics" label="Load" history></hub-chart>')

    publish(api, "job-metrics", "load", *({"cpu": n, "memory": 2 * n} for n in range(50)))

    chart = page.get_by_role("img", name="cpu: 49")
    expect(chart).to_be_visible()
    assert "memory: 98, between 0 and 98" in str(chart.get_attribute("aria-label"))
    assert page.locator("path.series").count() == 2
