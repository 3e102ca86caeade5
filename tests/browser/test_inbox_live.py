"""The inbox in a real browser: it rings by itself, and its state line tells the truth."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from tests.browser.visitor import sign_out
from tests.cluster import Cluster

PATIENCE_MS = 20_000


def post(api: httpx.Client, title: str, to: str = "user:alice") -> None:
    answer = api.post("/api/v1/notifications", json={"to": [to], "title": title})
    assert answer.status_code == 201, answer.text


def test_a_posted_notification_appears_without_a_reload(inbox: Page, api: httpx.Client) -> None:
    inbox.evaluate("window.untouched = true")

    post(api, "a bell that rings")

    expect(inbox.get_by_text("a bell that rings", exact=True)).to_be_visible()
    assert inbox.evaluate("window.untouched")


def test_the_heading_and_the_title_say_the_servers_count(inbox: Page, api: httpx.Client) -> None:
    post(api, "one more to count")
    expect(inbox.get_by_text("one more to count", exact=True)).to_be_visible()
    token = api.post("/api/v1/tokens", json={"user": "alice", "topics": []}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    unread = api.get("/api/v1/notifications/count", headers=headers).json()["count"]["unread"]

    expect(inbox.get_by_role("heading", name=f"Inbox, {unread} unread")).to_be_visible()
    expect(inbox).to_have_title(f"({unread}) Inbox")


def test_reading_one_here_marks_it_read_in_the_other_window(
    inbox: Page, api: httpx.Client, cluster: Cluster
) -> None:
    post(api, "read me once")
    other = inbox.context.new_page()
    other.goto(f"{cluster.http_url}/")
    other.locator("#state", has_text="live").wait_for()
    row = inbox.locator(".row", has_text="read me once")

    row.get_by_role("button", name="Mark as read").click()

    other_row = other.locator(".row", has_text="read me once")
    expect(other_row.get_by_role("button", name="Mark as unread")).to_be_attached()
    expect(other.locator("#heading")).to_have_attribute(
        "aria-label", inbox.locator("#heading").get_attribute("aria-label") or ""
    )


def test_with_redis_gone_it_says_degraded_and_catches_up(
    inbox: Page, api: httpx.Client, cluster: Cluster
) -> None:
    cluster.redis.kill()
    try:
        expect(inbox.locator("#state")).to_have_text("delayed", timeout=PATIENCE_MS)
        post(api, "posted while Redis was gone")
    finally:
        cluster.redis.start()

    expect(inbox.locator("#state")).to_have_text("live", timeout=PATIENCE_MS)
    expect(inbox.get_by_text("posted while Redis was gone", exact=True)).to_have_count(1, timeout=PATIENCE_MS)


def test_with_every_instance_killed_it_says_reconnecting_and_catches_up(
    inbox: Page, api: httpx.Client, cluster: Cluster
) -> None:
    for instance in cluster.instances:
        instance.kill()
    expect(inbox.locator("#state")).to_have_text("reconnecting", timeout=PATIENCE_MS)

    cluster.manage("notify", "--to", "user:alice", "--title", "posted while nobody served")
    for instance in cluster.instances:
        instance.start()
    for instance in cluster.instances:
        instance.wait_ready(60)

    expect(inbox.locator("#state")).to_have_text("live", timeout=PATIENCE_MS * 2)
    expect(inbox.get_by_text("posted while nobody served", exact=True)).to_have_count(1, timeout=PATIENCE_MS)


def test_without_a_network_it_says_offline_and_comes_back(inbox: Page, api: httpx.Client) -> None:
    inbox.context.set_offline(True)
    expect(inbox.locator("#state")).to_have_text("offline", timeout=PATIENCE_MS)
    post(api, "posted while offline")

    inbox.context.set_offline(False)

    expect(inbox.locator("#state")).to_have_text("live", timeout=PATIENCE_MS)
    expect(inbox.get_by_text("posted while offline", exact=True)).to_have_count(1, timeout=PATIENCE_MS)


def test_signing_out_elsewhere_ends_the_feed_here(inbox: Page, cluster: Cluster) -> None:
    other = inbox.context.new_page()
    other.goto(f"{cluster.http_url}/")
    sign_out(other)

    expect(inbox.locator("#state")).to_have_text("signed out", timeout=PATIENCE_MS)
