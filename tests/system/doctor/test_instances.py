"""The doctor names what is wrong with the instances, and with the parts behind them."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from resource import RLIMIT_NOFILE, prlimit
from typing import Any

import psycopg
import pytest
import redis

from tests import ROOT
from tests.cluster import Ports
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.system.doctor.conftest import Ward, found

MIGRATIONS = sorted((ROOT / "notifications" / "migrations").glob("0*.py"))
LAST = "SELECT * FROM django_migrations WHERE app = 'hub_notifications' AND name = %s"


@contextlib.contextmanager
def old(part: Redis) -> Iterator[str]:
    """The URL of a Redis that says of itself that it is 6.0: an old one is not to be had everywhere."""

    class Between(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((HOST, part.port)) as behind:
                there = threading.Thread(target=pump, args=(self.request, behind))
                there.start()
                pump(behind, self.request)
                there.join()

    def pump(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                other.sendall(re.sub(rb"(?<=redis_version:)[\d.]+", older, said))
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def older(version: re.Match[bytes]) -> bytes:
        return b"6.0.".ljust(len(version[0]), b"9")  # as long, as the answer says its length before

    with socketserver.ThreadingTCPServer((HOST, 0), Between) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"redis://{HOST}:{server.server_address[1]}/0"
        finally:
            server.shutdown()
            thread.join()


def test_faults_of_the_parts_behind_are_named_together(ward: Ward) -> None:
    """A Redis that evicts and is old, limits that are too low, a secret that is another."""
    client = redis.Redis.from_url(ward.cluster.redis.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with old(ward.cluster.redis) as url:
            status, report = ward.examine(
                "--quick", HUB_MAX_CONNECTIONS="10000000", HUB_THREADS="60", HUB_REDIS_URL=url
            )
        _, stranger = ward.examine("--quick", HUB_SECRET_KEY="another" * 8)
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()

    # The way to the old one is another address than the instances have.
    assert (status, found(report)) == (1, {"hub.D014", "hub.D015", "hub.D019", "hub.D026", "hub.W001"})
    assert found(stranger) == {"hub.D027"}


def test_a_migration_that_is_not_applied_is_named(ward: Ward) -> None:
    with psycopg.connect(ward.cluster.postgres.url, autocommit=True) as database:
        row = database.execute(LAST, [MIGRATIONS[-1].stem]).fetchone()
        assert row is not None
        database.execute("DELETE FROM django_migrations WHERE id = %s", row[:1])
        try:
            status, report = ward.examine("--quick")
        finally:
            database.execute("INSERT INTO django_migrations VALUES (%s, %s, %s, %s)", row)

    assert (status, found(report)) == (1, {"hub.D018"})


def test_an_instance_that_is_disconnected_is_distinguished_from_a_proxy_that_buffers(
    ward: Ward, tmp_path: Path
) -> None:
    """It hears another Redis, then none; and may not open the files that it wants."""
    deaf = ward.cluster.instances[1]
    other = Redis(tmp_path, Ports.free(1).redis)
    other.start()
    try:
        other.wait_ready()
        ward.restart(deaf, HUB_REDIS_URL=other.url, HUB_KEEP_DAYS="7")
        prlimit(deaf.pid, RLIMIT_NOFILE, (600, 600))
        status, report = ward.examine("--quick")
    finally:
        other.kill()
    _, later = ward.examine("--quick")

    assert (status, found(report)) == (1, {"hub.D013", "hub.D017", "hub.D026"})
    assert found(later) == found(report)
    (unlike,) = (finding for finding in report["findings"] if finding["id"] == "hub.D026")
    assert unlike["seen"] == "hub-2: another HUB_REDIS_URL, HUB_KEEP_DAYS than is set here."


def test_at_last_a_memory_log_in_each_of_two_processes_is_named(ward: Ward) -> None:
    """The last one, because the instances stay like that until somebody else needs them."""
    ward.restart(*ward.cluster.instances, HUB_REDIS_URL="")

    status, report = ward.examine("--quick", HUB_REDIS_URL="")

    assert (status, found(report)) == (1, {"hub.D016"})


@pytest.mark.parametrize(
    ("code", "refuse", "mend"),
    [
        ("OOM", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        ("NOPERM", "ACL SETUSER default -xadd", "ACL SETUSER default +xadd"),
        ("READONLY", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
    ],
)
def test_a_redis_that_refuses_appends_is_named_with_what_to_do(
    ward: Ward, code: str, refuse: str, mend: str
) -> None:
    client: Any = redis.Redis.from_url(ward.cluster.redis.url)
    client.execute_command(*refuse.split())
    try:
        status, report = ward.examine("--quick")
    finally:
        client.execute_command(*mend.split())
        client.close()

    (finding,) = (finding for finding in report["findings"] if finding["id"] == "hub.D029")
    assert status == 1
    assert found(report) == {"hub.D029"}
    assert finding["seen"].startswith(f"Redis refuses appends with {code}: ")
