from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.cluster import Cluster
from tests.cluster.nginx import Nginx
from tests.cluster.ports import HOST, Ports
from tests.delivery.conftest import site
from tests.proxy.stub import Stub

__all__ = ["site"]

CLOSED = (httpx.RemoteProtocolError, httpx.ReadError)  # without an answer, or reset
MAX_AGE_S = 10
SHUTDOWN_S = 14


@dataclass(frozen=True)
class Front:
    """nginx before two stubs."""

    nginx: Nginx
    stubs: tuple[Stub, Stub]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.nginx.http}"

    @property
    def heard(self) -> list[str]:
        return [line for stub in self.stubs for line, _ in stub.heard]

    def mood(self, status: int) -> None:
        for stub in self.stubs:
            stub.mood = status


@contextlib.contextmanager
def fronting(folder: Path, values: Mapping[str, str] | None = None) -> Iterator[Front]:
    ports = Ports.free(2)
    nginx = Nginx(folder, http=ports.http, https=ports.https, instances=ports.instances)
    # Else an instance that one test lets fail would be left alone in the next.
    nginx.values["HUB_UPSTREAM_SERVERS"] = nginx.values["HUB_FEED_SERVERS"]
    nginx.values |= values or {}
    one, two = map(Stub, ports.instances)
    with one.serving(), two.serving():
        try:
            nginx.start()
            nginx.wait_ready()
            yield Front(nginx, (one, two))
        finally:
            # Whoever is held is let go first, or nginx's last word would wait for them.
            one.over.set()
            two.over.set()
            nginx.stop()


@pytest.fixture(scope="module")
def running_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with fronting(tmp_path_factory.mktemp("front")) as front:
        yield front


@pytest.fixture
def front(running_front: Front) -> Front:
    """Its stubs have heard nothing yet and answer 200."""
    running_front.mood(200)
    for stub in running_front.stubs:
        stub.heard.clear()
    return running_front


@pytest.fixture
def client(front: Front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front.url, timeout=10) as client:
        yield client


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two instances whose streams grow old soon, behind an nginx whose old workers go soon after."""
    environment = {"HUB_MAX_AGE_S": str(MAX_AGE_S), "HUB_HEARTBEAT_S": "1"}
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=environment)
    cluster.nginx.values["HUB_SHUTDOWN_TIMEOUT"] = f"{SHUTDOWN_S}s"
    with cluster:
        yield cluster
