"""Whatever a notification says is only said: nothing runs, nothing is fetched, no link leads astray."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Response, ViewportSize, expect

from hub.server.csp import POLICY
from notifications.models import UNSAYABLE, Notification, time_ordered_id
from tests import ROOT
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

TEXTS: list[str] = json.loads((ROOT / "tests/cases/hostile_text.json").read_text("utf-8"))
# PostgreSQL takes no NUL and no lone surrogate.
ROWS = [text for text in TEXTS if not UNSAYABLE.search(text.replace("\x01", ""))]
PHONE: ViewportSize = {"width": 390, "height": 844}

LOOK = """() => {
  const wrong = [];
  const links = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (["base", "embed", "iframe", "math", "object", "video", "marquee"].includes(node.localName)) {
        wrong.push(node.outerHTML);
      }
      if ([...node.attributes].some(({ name }) => name.startsWith("on"))) wrong.push(node.outerHTML);
      if (node.localName === "a" && node.hasAttribute("href")) {
        links.push([node.getAttribute("href"), node.protocol, node.origin]);
      }
      if (node.shadowRoot) look(node.shadowRoot);
    }
  };
  look(document);
  if ("pwned" in window) wrong.push("a script ran");
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) wrong.push(`${scrollWidth} px wide`);
  return { wrong, links };
}"""


def check(page: Page) -> None:
    found = page.evaluate(LOOK)
    for written, protocol, origin in found["links"]:
        assert protocol in ("http:", "https:", ":"), written  # the last leads nowhere: it is no address
        if not written.lower().startswith(("http://", "https://")):
            assert page.url.startswith(f"{origin}/"), written
    assert found["links"]
    assert found["wrong"] == []


def sow(cluster: Cluster, texts: list[str]) -> list[str]:
    """Lay them in Alice's inbox, past every check, as the admin's pages or an old hub may have done."""
    table = Notification._meta.db_table
    came = datetime.now(UTC) - timedelta(seconds=3)  # so that a relay publishes them at once
    ids = []
    with psycopg.connect(cluster.settings["HUB_DATABASE_URL"]) as database:
        found = database.execute("SELECT id FROM auth_user WHERE username = 'alice'").fetchone()
        assert found
        for number, text in enumerate(texts):
            at = came + timedelta(milliseconds=number)
            row: dict[str, Any] = {
                "id": time_ordered_id(),
                "topic": f"user-{found[0]}",
                "title": text[:255],
                "body": text * 4,
                "url": text[:2000],
                "category": text[:64],
                "severity": "critical",  # whose toasts wait until somebody has seen each
                "key": "",
                "created_at": at,
                "due_at": at,
            }
            slots = ", ".join(f"%({name})s" for name in row)
            database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({slots})", row)  # noqa: S608
            ids.append(str(row["id"]))
    return ids


@pytest.fixture(scope="module")
def sown(cluster: Cluster) -> list[str]:
    return sow(cluster, ROWS)


@contextmanager
def guarded_page(cluster: Cluster, browser: Browser) -> Iterator[Page]:
    """Alice's page on a phone; whatever it should not have done fails the test."""
    wrong: list[str] = []
    hub = urlsplit(cluster.http_url).netloc

    def asked(dialog: Dialog) -> None:
        wrong.append(dialog.message)
        dialog.dismiss()

    def answered(response: Response) -> None:
        if response.request.is_navigation_request() and response.status != 302:
            policy = response.headers.get("content-security-policy")
            if policy != POLICY or response.status >= 500:
                wrong.append(f"{response.status} with {policy}")

    def asks(request: Request) -> None:
        if urlsplit(request.url).netloc not in (hub, ""):
            wrong.append(request.url)

    with signed_in(browser, cluster, "alice", viewport=PHONE) as page:
        page.on("dialog", asked)
        page.on("response", answered)
        page.on("request", asks)
        page.goto(f"{cluster.http_url}/preferences/")
        page.locator("notification-bell button.bell[data-state=live]").wait_for()
        yield page
        check(page)
    assert wrong == []


def test_there_are_more_than_fifty_and_they_can_be_laid_down() -> None:
    assert len(set(TEXTS)) == len(TEXTS) > 50
    assert len(ROWS) >= len(TEXTS) - 2


@pytest.mark.parametrize("field", ["title", "body", "url", "category"])
def test_the_api_accepts_them_as_text_or_names_the_error(api: httpx.Client, field: str) -> None:
    for text in TEXTS:
        body = json.dumps({"to": ["user:bob"], "title": "-", field: text})
        headers = {"Content-Type": "application/json"}

        answer = api.post("/api/v1/notifications", content=body, headers=headers)

        assert answer.status_code in (201, 422), (text, answer.text)
        if answer.status_code == 422:
            assert answer.json()["field"] == field
        elif field == "url":
            assert urlsplit(text).scheme in ("http", "https") or text[0] == "/" != text[1:2]
        elif field == "category":
            assert text.isidentifier()


def test_in_the_inbox_they_are_text(cluster: Cluster, browser: Browser, sown: list[str]) -> None:
    with guarded_page(cluster, browser) as page:
        page.goto(f"{cluster.http_url}/")
        expect(page.locator("#state")).to_have_text("live")
        check(page)
        while page.locator("#days .row").count() < len(sown):
            page.locator("#days .row").last.scroll_into_view_if_needed()
            page.wait_for_timeout(20)
        titles = dict(
            page.locator("#days .row").evaluate_all(
                "(rows) => rows.map((row) => [row.dataset.id, row.querySelector('.title').textContent])"
            )
        )

    assert [titles[id] for id in sown] == [text[:255] for text in ROWS]


def test_on_a_page_of_its_own_it_is_text(cluster: Cluster, browser: Browser, sown: list[str]) -> None:
    with guarded_page(cluster, browser) as page:
        for id, text in list(zip(sown, ROWS, strict=True))[::2]:
            page.goto(f"{cluster.http_url}/notifications/{id}/", wait_until="domcontentloaded")

            check(page)
            assert page.locator("h1 .title, h1 bdi").first.text_content() == text[:255]


def test_in_an_address_they_are_text_or_nothing(cluster: Cluster, browser: Browser) -> None:
    with guarded_page(cluster, browser) as page:
        for text in ROWS[::3]:
            quoted = quote(text[:64])
            page.goto(f"{cluster.http_url}/?q={quoted}&category={quoted}", wait_until="domcontentloaded")
            check(page)
            for name in ("filter", "before"):
                assert page.request.get(f"{cluster.http_url}/?{name}={quoted}").status in (200, 404)


def test_in_the_panel_they_are_text(cluster: Cluster, browser: Browser, sown: list[str]) -> None:
    with guarded_page(cluster, browser) as page:
        page.locator("notification-bell button.bell").click()
        rows = page.locator("notification-bell .row")
        rows.first.wait_for()
        while rows.count() < len(sown):
            rows.last.scroll_into_view_if_needed()
            page.wait_for_timeout(20)
        for why in rows.locator("summary").all()[:: len(sown) // 6]:
            why.click()
        check(page)
        titles = dict(
            rows.evaluate_all(
                "(rows) => rows.map((row) => [row.dataset.id, row.querySelector('.title').textContent])"
            )
        )
        wide = page.locator("notification-bell .list").evaluate(
            "(list) => list.scrollWidth - list.clientWidth"
        )

    assert [titles[id] for id in sown] == [text[:255] for text in ROWS]
    assert wide == 0


def test_in_toasts_they_are_text(cluster: Cluster, browser: Browser) -> None:
    with guarded_page(cluster, browser) as page:
        toasts = page.locator("notification-toasts .toast")

        sow(cluster, ROWS)

        expect(page.locator("notification-toasts .more")).to_have_text(
            f"{len(ROWS) - 3} more", timeout=20_000
        )
        titles: list[str | None] = []
        while toasts.count():
            check(page)
            titles.append(toasts.first.locator(".title").text_content())
            box = toasts.first.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            toasts.first.get_by_role("button", name="Dismiss").click()

    assert titles == [text[:255] for text in reversed(ROWS)]
