"""The secret is followed by another over rolling restarts, and nobody is asked to sign in again."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from httpx_sse import aconnect_sse

from tests.cluster import Cluster
from tests.system.access.test_revocation import sign_in
from tests.system.conftest import KEY, restart
from tests.system.reader import until

OLD, NEW = secrets.token_hex(32), secrets.token_hex(32)
# Secret and fallbacks, as docs/operations.md has them.
STEPS = ((OLD, NEW), (NEW, OLD), (NEW, ""))
WORD = "from hub.ops import echo; print(echo.token(), *sorted(echo.setting_digests().values()), sep=chr(10))"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_SECRET_KEY": OLD, "HUB_DRAIN_S": "1"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        yield cluster


class Use:
    """What a person and a program do all the time, at each instance by turns; what each was answered."""

    def __init__(self, cluster: Cluster, person: httpx.AsyncClient, program: httpx.AsyncClient) -> None:
        self.answers: dict[str, set[int]] = defaultdict(set)
        self.rounds = 0
        self.over = False
        self._urls = [instance.url for instance in cluster.instances]
        self._person, self._program = person, program

    async def go_on(self) -> None:
        while not self.over:
            for url in self._urls:
                # Who is being restarted takes no connection.
                with contextlib.suppress(httpx.TransportError):
                    await self._once(url)
            self.rounds += 1
            await asyncio.sleep(0.02)

    async def _once(self, url: str) -> None:
        csrf = {"X-CSRFToken": self._person.cookies["csrftoken"], "Referer": url}
        self._note("page", await self._person.get(f"{url}/"))
        self._note("form", await self._person.post(f"{url}/notifications/read-all", headers=csrf))
        self._note("token", await self._program.get(f"{url}/api/v1/notifications/count"))
        for what, client in (("feed by session", self._person), ("feed by token", self._program)):
            async with aconnect_sse(client, "GET", f"{url}/feed/") as source:
                self._note(what, source.response)

    def _note(self, what: str, answer: httpx.Response) -> None:
        to_sign_in = "login" in answer.headers.get("Location", "")
        self.answers[what].add(401 if to_sign_in else answer.status_code)


@pytest.fixture
async def use(cluster: Cluster) -> AsyncIterator[Use]:
    person = await sign_in(cluster.http_url, "alice")
    async with httpx.AsyncClient(base_url=cluster.http_url, headers=KEY) as api:
        token = (await api.post("/api/v1/tokens", json={"user": "alice", "ttl": 3600})).json()["token"]
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as program:
        use = Use(cluster, person, program)
        going = asyncio.create_task(use.go_on())
        yield use
        use.over = True
        await going
    await person.aclose()


async def test_no_one_is_refused_while_one_secret_follows_another(cluster: Cluster, use: Use) -> None:
    await until(lambda: use.rounds > 2, "everything is in use")
    for secret, fallbacks in STEPS[:2]:
        for k, instance in enumerate(cluster.instances):
            instance.env = {
                **(instance.env or {}),
                "HUB_SECRET_KEY": secret,
                "HUB_SECRET_KEY_FALLBACKS": fallbacks,
            }
            await restart(cluster, k)
            before = use.rounds
            await until(lambda before=before: use.rounds > before + 2, "it is used")

    # A form leads back, and who leaves lets nobody in.
    assert {what: found - {200, 302, 503} for what, found in use.answers.items()} == {
        "page": set(),
        "form": set(),
        "token": set(),
        "feed by session": set(),
        "feed by token": set(),
    }


async def test_the_doctor_finds_instances_alike_meanwhile(cluster: Cluster) -> None:
    env = {"HUB_SECRET_KEY": OLD, "HUB_SECRET_KEY_FALLBACKS": NEW}
    cluster.env, before = {**cluster.env, **env}, cluster.env
    try:
        word, *marks = cluster.manage("shell", "-v0", "-c", WORD).split()
    finally:
        cluster.env = before

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {word}"}) as client:
        answers = [(await client.get(f"{instance.url}/mirror")).json() for instance in cluster.instances]

    assert [sorted(answer["shared"].values()) for answer in answers] == [marks, marks]


async def test_what_is_signed_by_the_new_one_holds_once_the_old_one_is_gone(cluster: Cluster) -> None:
    person = await sign_in(cluster.http_url, "bob")
    for k, instance in enumerate(cluster.instances):
        env = {name: value for name, value in (instance.env or {}).items() if "FALLBACKS" not in name}
        instance.env = {**env, "HUB_SECRET_KEY": NEW}
        await restart(cluster, k)

    answers = [await person.get(f"{instance.url}/") for instance in cluster.instances]

    assert [answer.status_code for answer in answers] == [200, 200]
    await person.aclose()
