"""Where the site is served over https alone, nothing that comes in clear is served or passed on."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.services.proxy.conftest import Front, fronting


@pytest.fixture(scope="module")
def running_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with fronting(tmp_path_factory.mktemp("front"), {"HUB_TLS": "1"}) as front:
        yield front


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    ["/api/v1/notifications", "/api/v1/events", "/api/openapi.json", "/feed/?ticket=x", "/rooms/lobby/"],
)
def test_what_has_a_key_or_token_is_refused(
    front: Front, client: httpx.Client, method: str, path: str
) -> None:
    answer = client.request(method, path, headers={"Authorization": "Bearer x"})

    assert answer.json()["status"] == answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert front.requests == []


@pytest.mark.parametrize("path", ["/", "/accounts/login/?next=/", "/static/notifications/shared/hub.css"])
def test_a_page_is_sent_on(front: Front, client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://127.0.0.1{path}")
    assert front.requests == []


def test_a_balancer_before_us_may_ask_whether_we_live(client: httpx.Client) -> None:
    assert client.get("/livez").status_code == 200


def test_over_https_all_is_served(front: Front) -> None:
    with httpx.Client(base_url=f"https://127.0.0.1:{front.nginx.https}", verify=False) as client:  # noqa: S501
        served = [client.get(path).status_code for path in ("/", "/api/v1/x", "/rooms/lobby/", "/livez")]

    assert served == [200] * 4
