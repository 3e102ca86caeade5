"""Sign-ins are counted over all instances, and half a sign-in opens nothing anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from django_otp.oath import totp
from websockets.asyncio.client import connect

from tests.cluster import Cluster
from tests.system.reader import until

REFUSED = "SELECT count(*) FROM hub_notifications_auditentry WHERE target = 'https://evil.example'"
KEY = "3132333435363738393031323334353637383930"
ENROL = f"""
from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice
TOTPDevice.objects.create(user=User.objects.get(username="carol"), key="{KEY}", name="app")
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


async def attempt(url: str, name: str, password: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await client.get("/accounts/login/")
        form = {"username": name, "password": password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        return await client.post("/accounts/login/", data=form, headers={"Referer": url})


async def test_what_fails_at_one_instance_waits_at_the_other(cluster: Cluster) -> None:
    one, other = (instance.url for instance in cluster.instances)

    failed = [(await attempt(one, "bob", "wrong")).status_code for _ in range(8)]
    refused = await attempt(other, "bob", "demo")

    assert set(failed) == {200, 429}
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


async def test_a_hundred_guesses_at_once_are_a_few(cluster: Cluster) -> None:
    urls = [instance.url for instance in cluster.instances] * 20

    answers = await asyncio.gather(*(attempt(url, "nobody", "wrong") for url in urls))

    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= 20


async def test_many_tabs_sign_in_at_once(cluster: Cluster) -> None:
    urls = [instance.url for instance in cluster.instances] * 5

    answers = await asyncio.gather(*(attempt(url, "alice", "demo") for url in urls))

    assert {answer.status_code for answer in answers} == {302}


async def test_half_a_sign_in_opens_no_page_feed_or_room(cluster: Cluster) -> None:
    cluster.manage("shell", "-v0", "-c", ENROL)
    one, other = (instance.url for instance in cluster.instances)
    half = await attempt(one, "carol", "demo")
    session = {"sessionid": half.cookies["sessionid"]}
    room = f"{other.replace('http', 'ws')}/rooms/lobby/"

    async with httpx.AsyncClient(base_url=other, cookies=session, timeout=20) as client:
        statuses = [
            (await client.get(path)).status_code for path in ("/", "/feed/", "/api/v1/notifications/count")
        ]
        async with connect(
            room, additional_headers={"Cookie": f"sessionid={session['sessionid']}", "Origin": other}
        ) as socket:
            await socket.wait_closed()
        await client.get("/accounts/verify/")
        code = f"{totp(bytes.fromhex(KEY), t0=0, drift=0):06d}"
        form = {"code": code, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        whole = await client.post("/accounts/verify/", data=form, headers={"Referer": other})
        page = await client.get("/")

    assert half.headers["Location"].startswith("/accounts/verify/")
    assert statuses == [302, 401, 401]
    assert socket.close_code == 4401
    assert (whole.status_code, page.status_code) == (302, 200)


async def test_a_site_that_may_not_ask_is_recorded_and_cannot_fill_the_audit_log(cluster: Cluster) -> None:
    url = cluster.instances[0].url
    foreign = {"Origin": "https://evil.example"}
    shake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    shake["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="

    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        for _ in range(30):
            assert (await client.get("/feed/", headers=foreign)).status_code == 403
            assert (await client.get("/rooms/lobby/", headers=foreign | shake)).status_code == 403

    await until(lambda: cluster.count(REFUSED) > 0, "it is noted")
    assert cluster.count(REFUSED) <= 2 * 10  # a minute may have turned meanwhile
