"""hub.js: topics of all tabs on one stream, which changes its topics without a gap."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.live.pages import open_page, received
from tests.browser.tabs import leads, open_feeds, topics_of, until
from tests.cluster import Cluster

POLICIES = [{"pattern": "job-tiles", "latest": "key"}]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_TOPICS": json.dumps(POLICIES)}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        yield cluster


@pytest.fixture
def context(browser: Browser, cluster: Cluster) -> Iterator[BrowserContext]:
    until(lambda: open_feeds(cluster) == 0, "earlier feeds are gone")
    context = browser.new_context()
    yield context
    context.close()


def publish(api: httpx.Client, topic: str, *data: object) -> None:
    events = [{"topic": topic, "type": "tick", "data": one} for one in data]
    api.post("/api/v1/events", json={"events": events}).raise_for_status()


def test_two_hundred_topics_come_and_go_on_one_stream_by_a_call_for_each_batch(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    page = open_page(context, cluster, "job-kept")
    before = subscribed(cluster)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    for batch in ("a", "b"):
        names = [f"job-{batch}-{n}" for n in range(99)]
        page.evaluate("(names) => window.open(...names)", names)
        page.evaluate("window.ready()")
        publish(api, names[-1], batch)
        until(lambda batch=batch: [f"job-{batch}-98", batch] in received(page), "it came")  # type: ignore[misc]
        page.evaluate("(names) => window.close_(...names)", names)

    until(lambda: subscribed(cluster) <= before, "the subscriptions are what they were")
    calls = [url for url in requests if url.endswith("/api/v1/feed/topics")]
    streams = [url for url in requests if "/feed/?" in url or url.endswith("/feed/")]
    assert streams == []
    assert len(calls) <= 4


def test_a_topic_and_the_bell_share_a_stream(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    page = open_page(context, cluster, "job-one")

    publish(api, "job-one", 1, 2, 3)

    until(lambda: received(page) == [["job-one", n] for n in (1, 2, 3)], "they came")
    assert open_feeds(cluster) == 1


def test_two_tabs_get_their_own_topics_on_one_stream(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    first = open_page(context, cluster, "job-a")
    second = open_page(context, cluster, "job-b", "job-c")

    for topic in ("job-a", "job-b", "job-c"):
        publish(api, topic, topic)

    until(lambda: received(first) == [["job-a", "job-a"]], "the first has its own")
    until(lambda: len(received(second)) == 2, "the second has its own")
    assert open_feeds(cluster) == 1


def test_a_tab_that_takes_the_lead_misses_nothing_of_any_tab(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    pages = [open_page(context, cluster, f"job-{n}") for n in range(3)]
    assert leads(pages[0])

    for n in range(20):
        publish(api, "job-1", n)
        publish(api, "job-2", n)
        if n == 7:
            pages[0].close()

    until(lambda: len(received(pages[1])) >= 20 and len(received(pages[2])) >= 20, "all came")
    assert received(pages[1]) == [["job-1", n] for n in range(20)]
    assert received(pages[2]) == [["job-2", n] for n in range(20)]
    assert open_feeds(cluster) == 1


def test_a_topic_that_is_refused_fails_alone(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    page = open_page(context, cluster, "job-kept")

    page.evaluate("window.open('secret-plans', 'job-added')")
    page.evaluate("window.topics['job-added'].ready")
    publish(api, "job-kept", 1)
    publish(api, "job-added", 2)

    until(lambda: len(received(page)) == 2, "the others came")
    [error] = page.evaluate("window.errors")
    assert "secret-plans" in error
    assert page.evaluate("window.states") == ["live"]


def test_topics_beyond_a_hundred_are_refused_by_name(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    page = open_page(context, cluster, "job-first")

    page.evaluate("window.open(...Array.from({ length: 100 }, (_, n) => `job-many-${n}`))")
    until(lambda: bool(page.evaluate("window.errors.length")), "one is too many")
    page.evaluate("window.topics['job-many-98'].ready")
    publish(api, "job-many-98", 1)

    until(lambda: received(page) == [["job-many-98", 1]], "it came")
    [error] = page.evaluate("window.errors")
    assert "job-many-99" in error


def test_topics_are_added_and_dropped_without_a_gap_on_another(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    page = open_page(context, cluster, "job-kept")

    for round in range(10):
        page.evaluate(f"window.open('job-{round}')")
        publish(api, "job-kept", *range(10 * round, 10 * round + 5))
        page.evaluate(f"window.close_('job-{round}')")
        publish(api, "job-kept", *range(10 * round + 5, 10 * round + 10))

    until(lambda: len(received(page)) >= 100, "all came")
    assert received(page) == [["job-kept", n] for n in range(100)]
    assert page.evaluate("window.states") == ["live"]


def test_a_tab_that_joins_late_has_the_latest_value_of_each_key(
    context: BrowserContext, cluster: Cluster, api: httpx.Client
) -> None:
    for n in range(1, 4):
        keyed(api, "cpu", n)
        keyed(api, "memory", 10 * n)
    first = open_page(context, cluster, "job-tiles")
    until(lambda: values(first) == [3, 30], "the first has them from the hub")
    keyed(api, "cpu", 4)
    until(lambda: values(first) == [4, 30], "the first has the next one")

    second = open_page(context, cluster, "job-tiles")

    until(lambda: values(second) == [4, 30], "the second has them from the first")
    assert sorted(data for _, data in received(second)) == [4, 30]
    assert open_feeds(cluster) == 1


def keyed(api: httpx.Client, key: str, data: int) -> None:
    event = {"topic": "job-tiles", "type": "tick", "key": key, "data": data}
    api.post("/api/v1/events", json=event).raise_for_status()


def values(page: Page) -> list[int | None]:
    script = "['cpu', 'memory'].map((key) => window.topics['job-tiles'].latest(key)?.data ?? null)"
    return list(page.evaluate(script))


def subscribed(cluster: Cluster) -> int:
    """The topics that instances receive."""
    return sum(topics_of(instance.url) for instance in cluster.instances)
