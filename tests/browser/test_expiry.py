"""What expires leaves the lists, the toasts and the badges of every tab by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Browser, expect

from tests.browser.desk import desk
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

PATIENCE_MS = 20_000
WRONG_CLOCK = "Date.now = ((now) => () => now() + {ms})(Date.now)"
HOUR_MS = 3_600_000


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def post(api: httpx.Client, title: str, expires_at: str) -> None:
    body = {"to": ["user:alice"], "title": title, "severity": "critical", "expires_at": expires_at}
    answer = api.post("/api/v1/notifications", json=body)
    assert answer.status_code == 201, answer.text


def test_it_leaves_every_tab(cluster: Cluster, browser: Browser, api: httpx.Client) -> None:
    with desk(cluster, browser, api) as alice:
        inbox = alice.page.context.new_page()
        inbox.goto(f"{cluster.http_url}/")
        inbox.locator("#state", has_text="live").wait_for()
        alice.page.bring_to_front()

        post(api, "gone by itself", soon(8))
        expect(alice.toast("gone by itself")).to_be_visible()
        expect(inbox.locator(".row", has_text="gone by itself")).to_be_visible()
        expect(alice.bell).to_have_attribute("aria-label", "Notifications, 1 unread")

        expect(alice.toast("gone by itself")).to_have_count(0, timeout=PATIENCE_MS)
        expect(inbox.locator(".row", has_text="gone by itself")).to_have_count(0, timeout=PATIENCE_MS)
        expect(alice.bell).to_have_attribute("aria-label", "Notifications", timeout=PATIENCE_MS)


def test_it_leaves_a_page_that_the_server_wrote_with_it(
    cluster: Cluster, browser: Browser, api: httpx.Client
) -> None:
    post(api, "written by the server", soon(8))

    with signed_in(browser, cluster, "alice") as page:
        page.goto(f"{cluster.http_url}/")
        expect(page.locator(".row", has_text="written by the server")).to_be_visible()
        expect(page.locator(".row", has_text="written by the server")).to_have_count(0, timeout=PATIENCE_MS)


def test_a_clock_that_is_wrong_takes_nothing_away(
    cluster: Cluster, browser: Browser, api: httpx.Client
) -> None:
    with desk(cluster, browser, api) as alice:
        alice.page.add_init_script(WRONG_CLOCK.format(ms=HOUR_MS))
        alice.page.reload()
        alice.page.locator("notification-bell button.bell[data-state=live]").wait_for()

        post(api, "half an hour more", soon(1800))
        expect(alice.toast("half an hour more")).to_be_visible()
        post(api, "a moment more", soon(4))
        expect(alice.toast("a moment more")).to_be_visible()

        expect(alice.toast("a moment more")).to_have_count(0, timeout=PATIENCE_MS)
        expect(alice.toast("half an hour more")).to_be_visible()
