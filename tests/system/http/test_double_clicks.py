"""What several people do in the same moment is done once, and refused to the others with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cluster import Cluster

STAFF, ROUNDS = 6, 5


@pytest.fixture(scope="module")
def staff(cluster: Cluster) -> Iterator[list[httpx.Client]]:
    """Sessions of the same person, on both instances by turns."""
    clients = [
        httpx.Client(base_url=cluster.instance_url(k % 2 + 1), timeout=30, follow_redirects=True)
        for k in range(STAFF)
    ]
    for client in clients:
        client.get("/accounts/login/")
        form = {"username": "admin", "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/accounts/login/", data=form).status_code == 200
    yield clients
    for client in clients:
        client.close()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_of_several_keys_of_a_name_is_made(staff: list[httpx.Client], number: int) -> None:
    def make(client: httpx.Client) -> int:
        form = {
            "name": f"together-{number}",
            "scope": ["send"],
            "topics": "",
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        return client.post("/dashboard/keys/", data=form).status_code

    with ThreadPoolExecutor(STAFF) as pool:
        statuses = Counter(pool.map(make, staff))

    assert statuses == {200: 1, 422: STAFF - 1}
