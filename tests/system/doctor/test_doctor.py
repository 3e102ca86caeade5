"""The doctor finds nothing wrong with what we ship, and names what is done to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from hub.doctor.catalogue import CATALOGUE
from tests import ROOT
from tests.cluster.certificate import Certificate
from tests.cluster.ports import HOST
from tests.system.doctor.conftest import Ward, found

PUBLIC = "hub.example.com"
# A line of the hosts file, which is not ours to write.
HOSTS = f"""
import socket
ask = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: ask("{HOST}" if host == "{PUBLIC}" else host, *rest, **more)
"""


def buffering(conf: str) -> str:
    """As nginx is where nobody thought of streams, before one that did."""
    (folder,) = re.findall(r"^pid (.*)/nginx\.pid;", conf, re.MULTILINE)
    held = "proxy_http_version 1.0; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    streams = "location / { proxy_pass http://feeds; proxy_buffering off; }"
    event = "\n            # An event leaves"
    conf = replaced(conf, f"http://feeds;{event}", f"http://unix:{folder}/inner:;{event}")
    conf = replaced(conf, "proxy_buffering off;", held)
    return replaced(
        conf, "    server {", f"    server {{ listen unix:{folder}/inner; {streams} }}\n    server {{"
    )


def old(conf: str) -> str:
    """Speaks HTTP/1.0 to the instances, as nginx does where nobody says otherwise."""
    return replaced(conf, "proxy_buffering off;", "proxy_http_version 1.0; proxy_buffering off;")


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


def shabby(conf: str) -> str:
    """Says for everybody that they come from its own pages; no HTTP/2; no static files."""
    own = "proxy_set_header Origin $scheme://$http_host; proxy_set_header Host "
    conf = replaced(conf, "proxy_set_header Host ", own)
    return replaced(replaced(conf, "ssl http2", "ssl"), "alias ", "alias /nowhere")


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
    assert {"TCP", "a feed opens", "an event arrives", "the log delivers it", "a message comes back"} < hops
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


def test_a_proxy_that_speaks_http_1_0_is_found(ward: Ward) -> None:
    ward.balance(old)

    status, report = ward.examine("--quick")

    assert (status, found(report)) == (1, {"hub.D025"})
    assert "505" in report["findings"][0]["seen"]


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


def test_over_tls_too_and_a_certificate_that_soon_ends(ward: Ward, tmp_path: Path) -> None:
    made = Certificate.make(tmp_path, days=5)
    kept = str(ward.cluster.folder / "nginx" / "certificate")
    ward.balance(lambda conf: replaced(shabby(conf), kept, str(made.file.with_suffix(""))))

    status, report = ward.examine("--quick", "--url", ward.cluster.https_url, SSL_CERT_FILE=str(made.file))

    assert (status, found(report)) == (1, {"hub.D006", "hub.D020", "hub.D022", "hub.D023"})


@pytest.mark.parametrize(
    ("way", "answer"),
    [("/feed/", "444"), ("~ ^/(?:rooms|documents)/", "404"), ("= /api/v1/events", "444")],
)
def test_a_way_that_the_balancer_closes_is_not_taken_for_one_that_it_narrows(
    ward: Ward, way: str, answer: str
) -> None:
    """A feed without an answer is not held back, a room that is not there is not missing its upgrade."""
    open = f"location {way} {{"

    def closing(conf: str) -> str:
        conf = conf.replace(f"location = {way}", "location = /nowhere/")
        return replaced(conf, open, f"location {way} {{ return {answer}; }} location /nowhere/ {{")

    ward.balance(closing)

    status, report = ward.examine("--quick")

    assert (status, found(report)) == (1, {"hub.D025"})


def test_a_public_name_is_served_over_tls_and_is_the_hub_s_and_the_certificate_s(
    ward: Ward, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HOSTS)
    known = {"PYTHONPATH": str(tmp_path), "SSL_CERT_FILE": ward.cluster.nginx.values["HUB_CERTIFICATE"]}
    http, https = (url.replace(HOST, PUBLIC) for url in (ward.cluster.http_url, ward.cluster.https_url))

    _, plain = ward.examine("--quick", "--url", http, **known)
    status, secure = ward.examine("--quick", "--url", https, **known)

    assert found(plain) == {"hub.D007", "hub.D021"}
    assert (status, found(secure)) == (1, {"hub.D023"})


def test_a_read_timeout_below_the_heartbeat_is_named(ward: Ward) -> None:
    ward.balance(lambda conf: re.sub(r"proxy_read_timeout \w+;", "proxy_read_timeout 500ms;", conf))

    status, report = ward.examine()

    assert (status, found(report)) == (1, {"hub.D003"})


def test_the_logs_name_who_connected_and_no_message_or_secret(ward: Ward) -> None:
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
    logged = {(line["endpoint"], line.get("reason")) for line in lines if line["logger"] == "hub.connections"}
    assert {("feed", None), ("feed", "gone"), ("room", None)} <= logged
    assert {line["instance"] for line in lines} == {"hub-1", "hub-2"}
    assert [secret for secret in (unsaid, who["token"], who["ticket"], "demo-key") if secret in told] == []


def test_where_no_one_answers_it_cannot_look(ward: Ward) -> None:
    done = ward.look("--url", "http://127.0.0.1:9")

    assert done.returncode == 2
    assert "cannot be reached" in done.stderr


def test_every_finding_is_explained_in_the_docs() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()

    assert [id for id in CATALOGUE if f'<a id="{id.replace(".", "").lower()}"></a>' not in operations] == []


def test_every_finding_is_provoked_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    assert [id for id in CATALOGUE if f'"{id}"' not in tests] == []
