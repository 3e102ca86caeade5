"""The elements of live topics: one module tag, no script of the page's own, under a strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.tabs import until_in
from tests.browser.visitor import signed_in
from tests.cluster import Cluster
from tests.cluster.static import static_url
from tests.house.page import page as document_page

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:"
DOCUMENT = document_page("live")
(ELEMENTS,) = (block.text for block in DOCUMENT.blocks if "<hub-log" in block.text)
(SCRIPT,) = (block.text for block in DOCUMENT.blocks if 'from "/static/' in block.text)
READY = """async ([module, topics]) => {
  const { hub } = await import(module);
  await Promise.all(topics.map((name) => hub.topic(name).ready));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def document(elements: str, language: str = "en") -> str:
    script = f'<script type="module" src="{static_url("notifications/elements.js")}"></script>'
    head = f'<title>Elements</title><meta name="viewport" content="width=device-width">{script}'
    style = f'<link rel="stylesheet" href="{static_url("notifications/shared/hub.css")}">'
    body = f"<main><h1>Live</h1>{elements}</main>"
    return f'<!doctype html><html lang="{language}"><head>{head}{style}</head><body>{body}</body></html>'


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


@pytest.mark.parametrize("reader", ["session", "token"])
def test_a_run_is_shown_from_its_beginning_and_stopped_by_its_owner(
    page: Page, cluster: Cluster, api: httpx.Client, reader: str
) -> None:
    begun = api.post("/api/v1/runs", json={"owner": "alice", "title": "What is SSE?"}).json()
    events = f"/api/v1/runs/{begun['run']}/events"
    produce(api, events, ("phase", {"name": "searching"}), ("tool", {"name": "search", "query": "SSE"}))
    produce(api, events, ("token", {"text": "Server-"}), ("token", {"text": "sent"}))
    attributes = f'run="{begun["run"]}"' + (f' token="{begun["token"]}"' if reader == "token" else "")
    show(page, cluster, f"<hub-run {attributes}></hub-run>")
    text = page.locator("hub-run .text")
    expect(text).to_have_text("Server-sent")
    expect(page.locator("hub-run summary")).to_have_text("Toolsearch")

    produce(api, events, ("phase", {"name": "writing"}), ("token", {"text": " events"}))

    expect(page.get_by_role("status")).to_have_text("writing")
    expect(text.last).to_have_text(" events")
    faultless(page)
    stop = page.get_by_role("button", name="Stop")
    if reader == "token":  # it reads this run, and does nothing else
        expect(stop).to_be_hidden()
        return
    expect(page.get_by_text("What is SSE?")).to_be_visible()
    stop.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Stopped by alice")
    expect(stop).to_be_hidden()
    assert produce(api, events, ("token", {"text": "too late"}))["stop"] is True


def test_a_run_that_is_not_ones_own_is_refused(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    run = api.post("/api/v1/runs", json={"owner": "bob"}).json()["run"]

    show(page, cluster, f'<hub-run run="{run}"></hub-run>')

    expect(page.get_by_role("status")).to_have_text("You don’t have access to this.")


def test_a_run_that_brings_what_is_no_address_links_to_nothing(
    page: Page, cluster: Cluster, api: httpx.Client
) -> None:
    run = api.post("/api/v1/runs", json={"owner": "alice"}).json()["run"]
    produce(
        api,
        f"/api/v1/runs/{run}/events",
        ("artifact", {"name": "a", "url": "javascript:alert(1)"}),
        ("artifact", {"name": "<b>report</b>", "url": "https://example.com/report"}),
    )

    show(page, cluster, f'<hub-run run="{run}"></hub-run>')

    expect(page.get_by_role("link")).to_have_count(1)
    expect(page.get_by_role("link", name="<b>report</b>")).to_be_visible()


def test_a_chart_says_its_values_in_words(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    show(page, cluster, '<hub-chart topic="job-metrics" label="Load" history></hub-chart>')

    publish(api, "job-metrics", "load", *({"cpu": n, "memory": 2 * n} for n in range(50)))

    chart = page.get_by_role("img", name="cpu: 49")
    expect(chart).to_be_visible()
    assert "memory: 98, between 0 and 98" in str(chart.get_attribute("aria-label"))
    assert page.locator("path.series").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_elements_of_the_documentation_work_and_axe_finds_no_fault(
    page: Page, cluster: Cluster, api: httpx.Client, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    elements = re.sub(r'topic="(?!job)', f'topic="job-{scheme}-', ELEMENTS)
    show(page, cluster, elements.replace("job-42", f"job-{scheme}-42"))
    page.get_by_text("No lines yet").wait_for()
    topics = [f"job-{scheme}-{name}" for name in ("42", "prices", "load", "build-7")]
    page.evaluate(READY, [static_url("notifications/hub.js"), topics])

    publish(
        api, f"job-{scheme}-42", "progress", {"done": 120, "of": 300, "label": "Reading", "state": "running"}
    )
    publish_keyed(api, f"job-{scheme}-prices", "ACME", {"price": 12.5})
    publish_keyed(api, f"job-{scheme}-load", "cpu", {"value": 0.25})
    publish(api, f"job-{scheme}-build-7", "log", {"message": "built", "level": "warning"})

    expect(page.get_by_role("progressbar", name="Import")).to_have_attribute("aria-valuenow", "40")
    expect(page.get_by_text("€12.50")).to_be_visible()
    expect(page.get_by_role("img", name="cpu: 25%")).to_be_visible()
    expect(page.get_by_role("log", name="Build 7").get_by_text("built")).to_be_visible()
    faultless(page)


def test_the_program_of_the_documentation_works(page: Page, cluster: Cluster, api: httpx.Client) -> None:
    printed: list[str] = []
    page.on("console", lambda message: printed.append(message.text))
    script = SCRIPT.replace("job-42", "job-program") + "await topic.ready; document.title = 'ready';"
    page.route("**/app.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    show(page, cluster, '<script type="module" src="/app.js"></script>')
    expect(page).to_have_title("ready")

    publish(api, "job-program", "progress", {"done": 1, "of": 3})

    until_in(page, lambda: "1 of 3" in printed, "it is printed")


def publish_keyed(api: httpx.Client, topic: str, key: str, data: object) -> None:
    event = {"topic": topic, "type": "tick", "key": key, "data": data}
    api.post("/api/v1/events", json=event).raise_for_status()


def produce(api: httpx.Client, path: str, *events: tuple[str, object]) -> dict[str, object]:
    body = {"events": [{"type": type, "data": data} for type, data in events]}
    answer = api.post(path, json=body).raise_for_status()
    return dict(answer.json())


def faultless(page: Page) -> None:
    page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "(options) => axe.run(document, options)", {"runOnly": {"type": "tag", "values": RULES}}
    )
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
