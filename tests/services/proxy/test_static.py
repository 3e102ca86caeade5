"""The files come from nginx's disk: no instance is asked for one."""

from __future__ import annotations

import httpx
import pytest

from tests.cluster.static import static_url
from tests.services.proxy.conftest import Front

FILE = "/static/notifications/shared/store.js"


@pytest.mark.parametrize(
    ("path", "type"),
    [
        (FILE, "text/javascript; charset=utf-8"),
        ("/static/notifications/shared/hub.css", "text/css; charset=utf-8"),
        ("/static/notifications/shared/icons.svg", "image/svg+xml; charset=utf-8"),
        ("/static/notifications/words/ar.json", "application/json; charset=utf-8"),
        ("/static/admin/css/base.css", "text/css; charset=utf-8"),
    ],
)
def test_a_file_says_what_it_is(front: Front, client: httpx.Client, path: str, type: str) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "identity"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == type
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Encoding" not in answer.headers
    assert front.requests == []


def test_a_file_is_packed_for_who_can_unpack_it(client: httpx.Client) -> None:
    packed = client.get(FILE, headers={"Accept-Encoding": "gzip"})
    plain = client.get(FILE, headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.num_bytes_downloaded < len(plain.content) / 2
    assert packed.text == plain.text


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_that_has_not_changed_is_not_sent_again(client: httpx.Client, encoding: str) -> None:
    had = client.get(FILE, headers={"Accept-Encoding": encoding})

    again = client.get(FILE, headers={"Accept-Encoding": encoding, "If-None-Match": had.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_name_with_a_hash_is_cached_for_ever(client: httpx.Client) -> None:
    answer = client.get(static_url("notifications/bell.js"))

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_plain_name_is_revalidated(client: httpx.Client) -> None:
    answer = client.get("/static/notifications/bell.js")

    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_hash_of_another_release_has_the_file_of_this_one_for_now(client: httpx.Client) -> None:
    answer = client.get("/static/notifications/bell.0123456789ab.js")

    assert answer.text == client.get("/static/notifications/bell.js").text
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_no_page_is_cached(client: httpx.Client) -> None:
    assert "Cache-Control" not in client.get("/").headers
    assert "Cache-Control" not in client.get("/static/nothing.0123456789ab.js").headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/notifications/nothing.js",
        "/static/notifications/nothing.0123456789ab.js",
        "/static/",
        "/static/notifications",
        "/static/notifications/",
    ],
)
def test_what_is_no_file_is_not_found(front: Front, client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert front.requests == []


@pytest.mark.parametrize("path", ["/static/../nginx.conf", "/static/..%2fnginx.conf", "/static../nginx.conf"])
def test_no_way_leads_out_of_the_folder(front: Front, client: httpx.Client, path: str) -> None:
    client.get(httpx.URL(front.url).copy_with(raw_path=path.encode()))

    assert len(front.requests) == 1, "that is a page's address, for an instance to refuse"


def test_a_page_is_not_packed(client: httpx.Client) -> None:
    assert "Content-Encoding" not in client.get("/", headers={"Accept-Encoding": "gzip"}).headers
