from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.cluster.nginx import Nginx
from tests.cluster.ports import HOST, Ports
from tests.services.proxy.stub import Stub

CLOSED = (httpx.RemoteProtocolError, httpx.ReadError)  # without an answer, or reset


@dataclass(frozen=True)
class Front:
    """nginx before two stubs."""

    nginx: Nginx
    stubs: tuple[Stub, Stub]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.nginx.http}"

    @property
    def requests(self) -> list[str]:
        return [line for stub in self.stubs for line, _ in stub.requests]

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
        stub.requests.clear()
    return running_front


@pytest.fixture
def client(front: Front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front.url, timeout=10) as client:
        yield client
