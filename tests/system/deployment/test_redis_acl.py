"""The Redis of docker-compose.yml lets the hub do all that it does, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from websockets.asyncio.client import ClientConnection, connect

from tests import ROOT
from tests.cluster import Cluster, Ports
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.system.conftest import Site
from tests.system.reader import until
from tests.system.staff import Staff

OPERATIONS = ROOT / "docs" / "operations"
PASSWORD = "hub's own"

# What is sent, and not called in a script: by the log, the channel layer, redis-py, the doctor (INFO), the
# count of a topic's readers (NUMSUB), and the erasure of a person (SCAN).
SENT = {"del", "info", "ping", "script|load", "evalsha", "publish", "subscribe", "unsubscribe"}
SENT |= {"pubsub|numsub", "scan"}

PLAIN: dict[str, Any] = {"protocol": 2, "retry": Retry(NoBackoff(), 0)}


class GuardedRedis(Redis):
    """With the configuration that is deployed, and an account that may look at what was refused."""

    def start(self) -> None:
        folder = self.config.parent
        users = (OPERATIONS / "redis.acl").read_text()
        users = users.replace("REDIS_PASSWORD_SHA256", hashlib.sha256(PASSWORD.encode()).hexdigest())
        (folder / "redis.acl").write_text(f"{users}user judge on nopass ~* &* +@all\n")
        settings = (OPERATIONS / "redis.conf").read_text().replace("/run/redis/", f"{folder}/")
        self.config.write_text(f"{settings}\nbind {HOST}\nport {self.port}\ndir {folder}\n")
        super(Redis, self).start()

    def answers(self) -> bool:
        try:
            return bool(self.client("judge", "").ping())
        except redis.ConnectionError:
            return False

    def terminate(self) -> None:
        super(Redis, self).terminate()

    def client(self, user: str, password: str) -> Any:
        return redis.Redis(host=HOST, port=self.port, username=user, password=password, **PLAIN)


class GuardedCluster(Cluster):
    def __init__(self, folder: Path) -> None:
        ports = Ports.free(2)
        url = f"redis://hub:{PASSWORD.replace(' ', '%20')}@{HOST}:{ports.redis}/0"
        super().__init__(folder, 2, ports=ports, extra_env={"HUB_REDIS_URL": url})
        self.guarded = GuardedRedis(self.folder, ports.redis)
        self.redis = self.guarded


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedCluster]:
    with GuardedCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


async def test_everything_the_hub_does_is_allowed(cluster: GuardedCluster, site: Site) -> None:
    reader = await site.reader("alice", ["job-1"], instance=1)
    await site.notify("user:alice", "first")
    await site.publish("job-1", {"done": 1})
    async with room(cluster, site, 1, "alice") as alice, room(cluster, site, 2, "bob") as bob:
        await receive(alice, "joined")
        await alice.send(json.dumps({"type": "say", "id": "a", "body": "hello"}))
        await alice.send(json.dumps({"type": "signal", "name": "typing", "body": True}))
        await receive(bob, "said", "signal")
    assert (await site.api.get("/api/v1/topics/job-1")).json()["readers"] == 1
    async with Staff(cluster.http_url) as staff:
        staff.listen("staff-instances")
        both = {"hub-1", "hub-2"}
        await until(lambda: {one["instance"] for one in staff.of("instance")} == both, "both instances")
    await until(lambda: bool(reader.notifications and reader.events("job-1")), "the events")

    assert cluster.guarded.client("judge", "").acl_log() == []


@contextlib.asynccontextmanager
async def room(cluster: Cluster, site: Site, instance: int, user: str) -> AsyncIterator[ClientConnection]:
    url = cluster.instance_url(instance).replace("http", "ws") + "/rooms/lobby/"
    headers = {"Authorization": f"Bearer {await site.token(user)}"}
    async with connect(url, additional_headers=headers) as socket:
        await receive(socket, "live")
        yield socket


async def receive(socket: ClientConnection, *types: str) -> None:
    """Until a frame of each of these types has come."""
    missing = set(types)
    async with asyncio.timeout(20):
        while missing:
            missing.discard(json.loads(await socket.recv())["type"])


def test_what_is_allowed_is_what_is_used() -> None:
    scripts = " ".join(path.read_text() for path in (ROOT / "hub").rglob("*.lua"))
    called = re.findall(r"redis\.call\('(\w+)'(?:, '(STREAM)')?", scripts)
    used = {"|".join(part for part in call if part).lower() for call in called}
    allowed = re.findall(r" \+(\S+)", (OPERATIONS / "redis.acl").read_text())

    assert set(allowed) == used | SENT


@pytest.mark.parametrize(
    "command",
    [
        *("FLUSHALL", "CONFIG GET *", "ROLE", "KEYS *", "SHUTDOWN", "ACL LIST", "CLIENT LIST"),
        *("MONITOR", "SCRIPT FLUSH", "EVAL return 0", "SET another:key 1", "PUBLISH another 1"),
        "SUBSCRIBE another",
    ],
)
def test_the_hubs_user_may_do_nothing_else(cluster: GuardedCluster, command: str) -> None:
    client = cluster.guarded.client("hub", PASSWORD)

    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())


def test_no_one_gets_in_without_a_password(cluster: GuardedCluster) -> None:
    for user, password in (("default", ""), ("hub", "another")):
        with pytest.raises(redis.exceptions.AuthenticationError):
            cluster.guarded.client(user, password).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(host=HOST, port=cluster.ports.redis, **PLAIN).ping()


def test_a_full_redis_evicts_nothing(cluster: GuardedCluster) -> None:
    policy = cluster.guarded.client("judge", "").config_get("maxmemory*")

    assert policy["maxmemory-policy"] == "noeviction"
    assert int(policy["maxmemory"]) > 0
