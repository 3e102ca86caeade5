"""The same number everywhere: whatever is done wherever, every badge says the server's count."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.tabs import run, sign_in, tab, until
from tests.cluster import Cluster

ACTS = 200
TABS = 5
NAMES = ("alice", "bob")
PATIENCE_MS = 5000
# A window paints one of its tabs; this browser paints all, which cost more than all else together.
UNSEEN: dict[str, Any] = {"reduced_motion": "reduce", "viewport": {"width": 400, "height": 300}}
# Each tab notes when its badge says something else: asking it again and again would slow it down.
RECORD_BADGE = """() => {
  const button = document.querySelector("notification-bell").shadowRoot.querySelector("button");
  window.badge = { says: button.ariaLabel, since: Date.now(), changed: () => {} };
  new MutationObserver(() => {
    if (window.badge.says === button.ariaLabel) return;
    Object.assign(window.badge, { says: button.ariaLabel, since: Date.now() });
    window.badge.changed();
  }).observe(button, { attributeFilter: ["aria-label"] });
}"""
SAYS = """([expected, patience]) => new Promise((found, lost) => {
  const look = () => window.badge.says === expected && found(window.badge.since);
  window.badge.changed = look;
  setTimeout(() => lost(`${window.badge.says}, not ${expected}`), patience);
  look();
})"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 3) as cluster:
        yield cluster


@dataclass
class Reader:
    """One of the people, with the tabs of both of their browsers."""

    name: str
    tabs: list[Page]
    api: httpx.Client

    def server(self) -> int:
        answer = self.api.get("/api/v1/notifications/count", params={"user": self.name})
        return int(answer.json()["count"]["unread"])

    def expected(self) -> str:
        n = self.server()
        return f"Notifications, {n} unread" if n else "Notifications"

    def right(self) -> bool:
        return {page.evaluate("window.badge.says") for page in self.tabs} == {self.expected()}

    def agreed(self) -> float:
        """When the last of the badges began to say the server's count, in seconds since 1970."""
        expected = self.expected()
        since_ms = [page.evaluate(SAYS, [expected, PATIENCE_MS]) for page in self.tabs]
        assert self.right()
        return float(max(since_ms)) / 1000

    def ids(self, which: str) -> list[str]:
        query: dict[str, str | int] = {"user": self.name, "filter": which, "limit": 100}
        items = self.api.get("/api/v1/notifications", params=query).json()["items"]
        return [item["id"] for item in items]


@pytest.fixture
def readers(browser: Browser, cluster: Cluster, api: httpx.Client) -> Iterator[list[Reader]]:
    contexts: list[BrowserContext] = []
    readers = []
    for name in NAMES:
        tabs = []
        for _ in range(2):
            context = browser.new_context(**UNSEEN)
            contexts.append(context)
            tabs += [sign_in(context, cluster, name), *(tab(context, cluster) for _ in range(TABS - 1))]
        for page in tabs:
            page.evaluate(RECORD_BADGE)
        readers.append(Reader(name, tabs, api))
    yield readers
    for context in contexts:
        context.close()


def act(chance: random.Random, reader: Reader, number: int) -> str:
    """Something that changes a count, wherever: a post by the API, or a deed in one of the tabs."""
    what = chance.choice(["post", "post", "broadcast", "read", "unread", "archive", "unarchive", "read-all"])
    if what in ("post", "broadcast"):
        to = "everyone" if what == "broadcast" else f"user:{reader.name}"
        answer = reader.api.post("/api/v1/notifications", json={"to": [to], "title": f"number {number}"})
        assert answer.status_code == 201, answer.text
    elif what == "read-all":
        if number % 5 == 0:
            run(chance.choice(reader.tabs), "await client.readAll()")
    else:
        which = {"read": "unread", "unread": "all", "archive": "all", "unarchive": "archived"}[what]
        if ids := reader.ids(which):
            run(chance.choice(reader.tabs), f"await client.{what}('{chance.choice(ids)}')")
    return what


@pytest.mark.timeout(300)
def test_two_hundred_actions_leave_no_badge_behind(readers: list[Reader]) -> None:
    chance = random.Random(2026)
    slow = []
    until(lambda: all(reader.right() for reader in readers), "all begin with the server's count")

    for number in range(ACTS):
        reader = chance.choice(readers)
        began = time.time()
        what = act(chance, reader, number)
        touched = readers if what == "broadcast" else [reader]
        slow.append((max(one.agreed() for one in touched) - began, what))

    durations = sorted(slow)
    print(f"of {ACTS} actions the median was on all badges after {durations[ACTS // 2][0]:.2f} s")
    print("the slowest:", ", ".join(f"{what} {seconds:.2f} s" for seconds, what in durations[-5:]))
    assert all(reader.right() for reader in readers)
