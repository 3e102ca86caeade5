"""The doctor finds nothing wrong with what we ship, and names what is done to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx
import psycopg
import pytest
import redis

from hub.doctor.catalogue import CATALOGUE
from tests.cluster.instance import ROOT
from tests.doctor.conftest import Ward, found


def buffering(conf: str) -> str:
    """As nginx is where nobody thought of streams."""
    held = "proxy_http_version 1.0; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    return replaced(conf, "proxy_buffering off;", held)


def careless(conf: str) -> str:
    """Compresses all, upgrades nothing, believes every header, shows the operator's pages."""
    conf = replaced(conf, "gzip off;", "gzip on; gzip_types text/event-stream; gzip_min_length 0;")
    conf = replaced(conf, "X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")
    conf = replaced(conf, "location ~ ^/(metrics|readyz)(/|$)", "location /nowhere/")
    gone = ("proxy_set_header Upgrade ", "proxy_set_header Connection ", "proxy_set_header Daphne-Root-Path ")
    return "\n".join(line for line in conf.splitlines() if not line.strip().startswith(gone))


def forgetful(conf: str) -> str:
    """Tells the instances neither what was asked for nor by whom."""
    conf = replaced(conf, "X-Forwarded-For $remote_addr", 'X-Forwarded-For ""')
    return replaced(conf, "Host $http_host", "Host localhost")


def rows(ward: Ward) -> list[object]:
    """Of all that is made for a visit."""
    tables = ("auth_user", "hub_notifications_room", "hub_notifications_line", "hub_notifications_apikey")
    with psycopg.connect(ward.cluster.postgres.url) as database:
        return [database.execute(f"TABLE {table}").rowcount for table in tables]


def replaced(conf: str, what: str, by: str) -> str:
    assert what in conf
    return conf.replace(what, by)


def test_nothing_is_wrong_with_what_we_ship_and_every_hop_is_timed(ward: Ward) -> None:
    status, report = ward.examine()

    assert (status, report["findings"]) == (0, [])
    assert report["instances"] == ["hub-1", "hub-2"]
    hops = {hop["what"] for hop in report["hops"]}
    assert {"TCP", "a feed opens", "an event arrives", "the log is heard", "a line comes back"} < hops
    assert {"the database answers", "Redis answers", "heartbeat to heartbeat"} < hops


def test_over_tls_it_speaks_to_a_person_and_leaves_no_trace(ward: Ward) -> None:
    before = rows(ward)

    done = ward.look("--quick", "--insecure", "--url", ward.cluster.https_url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^  TLS +[0-9.]+ ms  TLSv1\.[23] h2$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("Nothing is wrong.\n")
    assert rows(ward) == before


def test_a_proxy_that_buffers_is_named(ward: Ward) -> None:
    ward.balance(buffering)

    status, report = ward.examine("--quick")

    assert (status, found(report)) == (1, {"hub.D001"})
    (finding,) = report["findings"]
    assert finding["name"] == "buffering proxy"
    assert "proxy_buffering off" in finding["mend"]


@pytest.mark.parametrize(
    ("fault", "ids"),
    [
        (careless, {"hub.D002", "hub.D004", "hub.D010", "hub.D011", "hub.D024"}),
        (forgetful, {"hub.D005", "hub.D008", "hub.D009"}),
    ],
)
def test_each_of_several_faults_of_a_balancer_is_named(
    ward: Ward, fault: Callable[[str], str], ids: set[str]
) -> None:
    ward.balance(fault)

    status, report = ward.examine("--quick")

    assert (status, found(report)) == (1, ids)


def test_a_read_timeout_below_the_heartbeat_is_named(ward: Ward) -> None:
    ward.balance(lambda conf: re.sub(r"proxy_read_timeout \w+;", "proxy_read_timeout 500ms;", conf))

    status, report = ward.examine()

    assert (status, found(report)) == (1, {"hub.D003"})


def test_faults_of_the_parts_behind_are_named_together(ward: Ward) -> None:
    """A Redis that evicts, a limit that is too low, a secret that is another."""
    client = redis.Redis.from_url(ward.cluster.redis.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        status, report = ward.examine("--quick", HUB_MAX_CONNECTIONS="10000000")
        _, stranger = ward.examine("--quick", HUB_SECRET_KEY="another" * 8)
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()

    assert (status, found(report)) == (1, {"hub.D014", "hub.W001"})
    assert found(stranger) == {"hub.D027"}


def test_the_logs_say_who_came_and_nothing_that_was_said_or_shown(ward: Ward) -> None:
    key, unsaid = {"Authorization": "Bearer demo-key"}, "a-body-that-no-log-shall-have"
    with httpx.Client(base_url=ward.cluster.http_url, timeout=10) as client:
        who = client.post("/api/v1/tokens", json={"user": "alice"}, headers=key).json()
        client.post(
            "/api/v1/notifications", json={"to": ["user:alice"], "title": unsaid, "body": unsaid}, headers=key
        )
        for ways in (
            {"params": {"ticket": who["ticket"]}},
            {"headers": {"Authorization": f"Bearer {who['token']}"}},
        ):
            with client.stream("GET", "/feed/", **ways) as feed:
                assert "stream-open" in next(line for line in feed.iter_lines() if line.startswith("event"))
        client.get("/feed/", params={"ticket": who["ticket"]})  # used: refused

    logs = [part.log_file for part in (*ward.cluster.instances, ward.cluster.nginx)]
    told = "".join(log.read_text() for log in [*logs, *ward.cluster.folder.rglob("access.log")])
    lines = [json.loads(line) for line in told.splitlines() if line.startswith('{"time"')]
    doors = {(line["door"], line.get("reason")) for line in lines if line["logger"] == "hub.connections"}
    assert {("feed", None), ("feed", "gone"), ("room", None)} <= doors
    assert {line["instance"] for line in lines} == {"hub-1", "hub-2"}
    assert [secret for secret in (unsaid, who["token"], who["ticket"], "demo-key") if secret in told] == []


def test_where_nobody_answers_it_cannot_look(ward: Ward) -> None:
    done = ward.look("--url", "http://127.0.0.1:9")

    assert done.returncode == 2
    assert "cannot be reached" in done.stderr


def test_every_finding_is_explained_in_the_docs() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()

    assert [id for id in CATALOGUE if f'<a id="{id.replace(".", "").lower()}"></a>' not in operations] == []


def test_at_last_a_memory_log_in_each_of_two_processes_is_named(ward: Ward) -> None:
    """The last one, because the cluster stays like that."""
    ward.restart(HUB_REDIS_URL="")

    status, report = ward.examine("--quick")

    assert (status, found(report)) == (1, {"hub.D016"})
