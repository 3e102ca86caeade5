"""PostgreSQL away and back: posts are refused at once while that is known, and accepted when it is over."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import psycopg
import pytest

from tests.cluster import Cluster
from tests.cluster.relay import Relay
from tests.system.database.conftest import assert_back, post, until

pytestmark = pytest.mark.postgres


End = Callable[[], None]


def kill(cluster: Cluster, relay: Relay) -> End:
    cluster.postgres.kill()
    return cluster.postgres.bring_back


def freeze(cluster: Cluster, relay: Relay) -> End:
    cluster.postgres.freeze()
    return cluster.postgres.bring_back


def cut_off(cluster: Cluster, relay: Relay) -> End:
    """By a network that drops all packets."""
    relay.hold()
    return relay.let_go


@pytest.mark.parametrize(("begin", "k"), [(kill, 1), (freeze, 1), (cut_off, 2)])
def test_posts_are_refused_within_a_second_and_accepted_within_three_of_its_return(
    cluster: Cluster, relay: Relay, begin: Callable[[Cluster, Relay], End], k: int
) -> None:
    assert_back(cluster)
    end = begin(cluster, relay)
    try:
        first = post(cluster, k)
        refused = [post(cluster, k) for _ in range(15)]
    finally:
        end()

    assert first.seconds < 12, "given up in seconds"
    assert {(one.status, one.response.headers["content-type"]) for one in (first, *refused)} == {
        (503, "application/problem+json")
    }
    assert all(int(one.response.headers["retry-after"]) > 0 for one in refused)
    assert statistics.median(one.seconds for one in refused) < 1
    assert_back(cluster)


def test_a_statement_that_waits_for_a_lock_is_refused_and_holds_no_thread(cluster: Cluster) -> None:
    with psycopg.connect(cluster.postgres.url) as other:
        other.execute("LOCK TABLE hub_notifications_notification IN EXCLUSIVE MODE")

        blocked = post(cluster)

    assert blocked.status == 503
    assert int(blocked.response.headers["retry-after"]) > 0
    assert blocked.seconds < 12
    until(lambda: post(cluster).status == 201, 3)
