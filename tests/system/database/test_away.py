"""PostgreSQL away and back: posts are refused at once while that is known, and accepted when it is over."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import psycopg
import pytest

from tests.cluster import Cluster
from tests.cluster.postgres import Postgres
from tests.system.database.conftest import assert_back, post, until

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("outage", [Postgres.kill, Postgres.freeze])
def test_posts_are_refused_within_a_second_and_accepted_within_three_of_its_return(
    cluster: Cluster, outage: Callable[[Postgres], None]
) -> None:
    assert_back(cluster)
    outage(cluster.postgres)
    try:
        first = post(cluster)
        refused = [post(cluster) for _ in range(15)]
    finally:
        cluster.postgres.bring_back()

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
