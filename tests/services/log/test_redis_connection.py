"""A connection to Redis by every URL that redis-py knows: TLS, users of an ACL, Unix sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import hiredis
import pytest
import redis

from hub.events import Draft
from hub.log.redis import RedisLog
from hub.log.redis_connection import RedisConnection
from tests.cluster.certificate import Certificate
from tests.cluster.ports import HOST, Ports
from tests.cluster.redis import Redis
from tests.services.log.conftest import RecordingReceiver, listening

USER = "hub:a%20secret"
PORTS = Ports.free(0)


class GuardedRedis(Redis):
    def answers(self) -> bool:
        return self._say(b"PING").startswith(b"-NOAUTH")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redis-urls")


@pytest.fixture(scope="module")
def certificate(folder: Path) -> Certificate:
    return Certificate.make(folder)


@pytest.fixture(scope="module")
def server(folder: Path, certificate: Certificate) -> Iterator[Redis]:
    """On a port, a TLS port and a Unix socket. All users have passwords; ``hub`` may not use FLUSHALL."""
    server = GuardedRedis(
        folder,
        PORTS.redis,
        f"tls-port {PORTS.http}",
        f'tls-cert-file "{certificate.file}"',
        f'tls-key-file "{certificate.key}"',
        "tls-auth-clients no",
        f'unixsocket "{folder}/redis.sock"',
        'user hub on ">a secret" ~* &* +@all -flushall',
        "user default on >other ~* &* +@all",
    )
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture(
    params=[
        "redis://hub:a%20secret@{host}:{port}/0",
        "redis://:other@{host}:{port}/1",
        "rediss://hub:a%20secret@{host}:{tls_port}/0?ssl_ca_certs={certificate}",
        "rediss://hub:a%20secret@{host}:{tls_port}/0?ssl_cert_reqs=none",
        "unix://hub:a%20secret@{folder}/redis.sock",
    ]
)
def url(request: pytest.FixtureRequest, server: Redis, folder: Path, certificate: Certificate) -> str:
    filled: str = request.param.format(
        host=HOST,
        port=server.port,
        tls_port=PORTS.http,
        folder=folder,
        certificate=certificate.file,
    )
    return filled


async def test_the_log_is_received_by_each(url: str) -> None:
    receiver = RecordingReceiver()
    log = RedisLog(url, 100, 60, "test")
    async with listening(log, receiver):
        await log.subscribe(["job-1"])
        (position,) = log.append([Draft("job-1", "tick", b"{}")])
        await receiver.until(lambda: bool(receiver.events))

        assert receiver.events[0].position == position


async def test_a_wrong_password_is_refused_by_name(server: Redis) -> None:
    with pytest.raises(ConnectionError, match="WRONGPASS"):
        await RedisConnection.connect(f"redis://hub:wrong@{HOST}:{server.port}")


async def test_a_certificate_that_is_not_trusted_is_refused(server: Redis) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await RedisConnection.connect(f"rediss://{USER}@{HOST}:{PORTS.http}")


async def test_what_the_user_may_not_do_ends_the_connection(server: Redis) -> None:
    connection = await RedisConnection.connect(f"redis://{USER}@{HOST}:{server.port}")

    await connection.send("FLUSHALL")
    with pytest.raises(ConnectionError, match="NOPERM"):
        await connection.receive()
    connection.close()


async def test_replies_that_arrive_at_once_are_returned_at_once_and_in_order(server: Redis) -> None:
    connection = await RedisConnection.connect(f"redis://{USER}@{HOST}:{server.port}")

    await connection.send("SUBSCRIBE", "a")
    await connection.receive()
    with redis.Redis.from_url(f"redis://{USER}@{HOST}:{server.port}") as client, client.pipeline() as pipe:
        for number in range(1000):
            pipe.publish("a", number)
        pipe.execute()
    received: list[int] = []
    async with asyncio.timeout(10):
        while len(received) < 1000:
            received += [int(payload) for _, _, payload in await connection.receive()]

    assert received == list(range(1000))
    connection.close()


@pytest.mark.parametrize(("sent", "error"), [(b"!what", hiredis.ProtocolError), (b"", ConnectionError)])
async def test_what_is_not_resp_and_the_end_are_errors(sent: bytes, error: type[Exception]) -> None:
    def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(answer, HOST, 0) as stranger:
        connection = await RedisConnection.connect(f"redis://{HOST}:{stranger.sockets[0].getsockname()[1]}")

        with pytest.raises(error):
            await connection.receive()
        connection.close()
