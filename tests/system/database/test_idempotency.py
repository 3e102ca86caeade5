"""The idempotency key of a request that an outage cut off is free as soon as PostgreSQL is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from tests.cluster import Cluster
from tests.system.database.conftest import assert_back, post, until

pytestmark = pytest.mark.postgres


def test_the_same_request_is_carried_out_by_another_instance(cluster: Cluster) -> None:
    assert_back(cluster)
    with ThreadPoolExecutor(1) as thread, closing(psycopg.connect(cluster.postgres.url)) as other:
        other.execute("LOCK TABLE hub_notifications_notification IN EXCLUSIVE MODE")
        cut_off = thread.submit(post, cluster, 1, key="cut-off")
        until(lambda: cluster.count("SELECT count(*) FROM hub_notifications_idempotentrequest") == 1)
        cluster.postgres.kill()
        cluster.postgres.bring_back()

    assert cut_off.result().status == 503
    until(lambda: post(cluster, 2, key="cut-off").status == 201, 3)
