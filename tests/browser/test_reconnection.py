"""The stream never gives up: whatever cuts it, what was missed comes once, in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.tabs import feeds_of, live, open_feeds, received, sign_in, state, until, until_in
from tests.cluster import Cluster

PATIENCE_S = 40
MISSED = [f"missed {number}" for number in range(50)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three instances with quick heartbeats, so that silence is soon noticed."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, 3, extra_env={"HUB_HEARTBEAT_S": "0.5"}) as cluster:
        yield cluster


@pytest.fixture
def alice(browser: Browser, cluster: Cluster) -> Iterator[Page]:
    context = browser.new_context()
    yield sign_in(context, cluster, "alice")
    context.close()


def post(cluster: Cluster, *titles: str) -> None:
    """On an instance that lives: nginx may be what is broken."""
    url = next(instance.url for instance in cluster.instances if instance.alive)
    key = {"Authorization": "Bearer demo-key"}
    with httpx.Client(base_url=url, headers=key, timeout=20) as api:
        for title in titles:
            answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})
            assert answer.status_code == 201, answer.text


def test_an_instance_killed_under_it_costs_nothing(alice: Page, cluster: Cluster) -> None:
    served = next(one for one in cluster.instances if feeds_of(one.url))

    served.kill()
    post(cluster, *MISSED)

    until(lambda: len(received(alice)) >= len(MISSED), "all came", PATIENCE_S)
    assert received(alice) == MISSED
    served.start()
    served.wait_ready(60)


def test_a_balancer_that_refuses_with_503_for_a_while_is_outlasted(alice: Page, cluster: Cluster) -> None:
    refusals: list[int] = []
    alice.on("response", lambda answer: refusals.append(answer.status) if answer.status == 503 else None)
    # Beside the door's own location, which hides a 503 from an EventSource.
    cluster.nginx.edit = lambda text: text.replace(
        "location /feed/ {", "location = /feed/ { return 503; } location /feed/ {"
    )
    cluster.nginx.kill()
    cluster.nginx.start()
    cluster.nginx.wait_ready(20)
    post(cluster, *MISSED)
    until_in(alice, lambda: len(refusals) >= 4, "it was refused again and again", 60)
    assert state(alice) == "reconnecting"

    cluster.nginx.edit = lambda text: text
    cluster.nginx.kill()
    cluster.nginx.start()

    until(lambda: len(received(alice)) >= len(MISSED), "all came", PATIENCE_S)
    assert received(alice) == MISSED
    assert state(alice) == "live"


def test_a_network_that_is_cut_brings_all_once_and_one_summary(alice: Page, cluster: Cluster) -> None:
    alice.goto(f"{cluster.http_url}/preferences/")  # the inbox holds toasts back
    live(alice)
    alice.context.set_offline(True)
    until(lambda: state(alice) == "offline", "it knows that it is offline")
    until(lambda: open_feeds(cluster) == 0, "the feed is cut", PATIENCE_S)
    post(cluster, *MISSED)

    alice.context.set_offline(False)

    until(lambda: len(received(alice)) >= len(MISSED), "all came", PATIENCE_S)
    assert received(alice) == MISSED
    toast = alice.locator("notification-toasts").get_by_text("50 new notifications")
    toast.first.wait_for()


def test_a_link_that_falls_silent_is_given_up_for_another(alice: Page, cluster: Cluster) -> None:
    stopped = [one for one in cluster.instances if feeds_of(one.url)]
    for instance in stopped:
        os.kill(instance.pid, signal.SIGSTOP)
    try:
        until(lambda: state(alice) == "reconnecting", "the silence is noticed", PATIENCE_S)
        others = [one for one in cluster.instances if one not in stopped]
        httpx.post(
            f"{others[0].url}/api/v1/notifications",
            json={"to": ["user:alice"], "title": "by another way"},
            headers={"Authorization": "Bearer demo-key"},
            timeout=20,
        )

        until(lambda: received(alice) == ["by another way"], "another instance serves", PATIENCE_S)
    finally:
        for instance in stopped:
            os.kill(instance.pid, signal.SIGCONT)
