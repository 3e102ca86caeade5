"""The same number everywhere: whatever is done wherever, every badge says the server's count."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.tabs import run, sign_in, tab, until
from tests.cluster import Cluster

ACTS = 200
TABS = 5
NAMES = ("alice", "bob")
BADGE = "document.querySelector('notification-bell').shadowRoot.querySelector('button').ariaLabel"


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

    def shown(self) -> set[str]:
        return {str(page.evaluate(BADGE)) for page in self.tabs}

    def right(self) -> bool:
        n = self.server()
        return self.shown() == {f"Notifications, {n} unread" if n else "Notifications"}

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
            context = browser.new_context()
            contexts.append(context)
            tabs += [sign_in(context, cluster, name), *(tab(context, cluster) for _ in range(TABS - 1))]
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
            run(chance.choice(reader.tabs), "await store.readAll()")
    else:
        which = {"read": "unread", "unread": "all", "archive": "all", "unarchive": "archived"}[what]
        if ids := reader.ids(which):
            run(chance.choice(reader.tabs), f"await store.{what}('{chance.choice(ids)}')")
    return what


@pytest.mark.timeout(300)
def test_two_hundred_deeds_leave_no_badge_behind(readers: list[Reader]) -> None:
    chance = random.Random(2026)
    slowest = 0.0
    until(lambda: all(reader.right() for reader in readers), "all begin with the server's count")

    for number in range(ACTS):
        reader = chance.choice(readers)
        what = act(chance, reader, number)
        began = time.monotonic()
        for one in readers if what == "broadcast" else [reader]:
            until(one.right, f"{one.name}'s badges after deed {number}, {what}: {one.shown()}", 5)
        slowest = max(slowest, time.monotonic() - began)

    print(f"the slowest of {ACTS} took {slowest:.2f} s to be on {len(readers) * 2 * TABS} badges")
    assert all(reader.right() for reader in readers)
