from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster

MAX_AGE_S = 10
SHUTDOWN_S = 14


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two instances whose streams grow old soon, behind an nginx whose old workers go soon after."""
    environment = {"HUB_MAX_AGE_S": str(MAX_AGE_S), "HUB_HEARTBEAT_S": "1"}
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=environment)
    cluster.nginx.values["HUB_SHUTDOWN_TIMEOUT"] = f"{SHUTDOWN_S}s"
    with cluster:
        yield cluster
