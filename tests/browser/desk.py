"""A signed-in page that shows no list: its bell, its toasts, and what is sent to its reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page

from tests.browser.visitor import signed_in
from tests.cluster import Cluster


class Desk:
    """Alice's. Her inbox has nothing unread when she sits down, and she has chosen nothing."""

    def __init__(self, page: Page, api: httpx.Client) -> None:
        self.page = page
        self.bell = page.locator("notification-bell button.bell")
        self.panel = page.locator("notification-bell dialog")
        self.rows = self.panel.locator(".row")
        self.toasts = page.locator("notification-toasts .toast")
        self.more = page.locator("notification-toasts .more")
        self.polite = page.locator("notification-toasts").get_by_role("status")
        self.alert = page.locator("notification-toasts").get_by_role("alert")
        self._api = api

    def post(self, title: str, **more: Any) -> str:
        answer = self._api.post(
            "/api/v1/notifications", json={"to": ["user:alice"], "title": title, "category": "builds", **more}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["notifications"][0]["id"])

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """As Alice on another device."""
        answer = self._api.post("/api/v1/tokens", json={"user": "alice", "topics": []})
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        answer = self._api.request(method, f"/api/v1/{path}", headers=headers, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def row(self, title: str) -> Locator:
        return self.rows.filter(has=self.page.get_by_role("link", name=title, exact=True))

    def toast(self, title: str) -> Locator:
        return self.toasts.filter(has_text=title)

    def open(self) -> None:
        self.bell.click()
        self.panel.locator(".row, .empty h3").first.wait_for()


@contextmanager
def desk(cluster: Cluster, browser: Browser, api: httpx.Client, **context: Any) -> Iterator[Desk]:
    with signed_in(browser, cluster, "alice", **context) as page:
        desk = Desk(page, api)
        desk.ask("PUT", "preferences", json={"categories": {}, "quiet_hours": None})
        desk.ask("POST", "notifications/read-all")
        page.goto(f"{cluster.http_url}/preferences/")
        page.locator("notification-bell button.bell[data-state=live]").wait_for()
        yield desk
