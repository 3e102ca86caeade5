"""Two systems that put the same people at once, each through an instance of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.database.conftest import assert_back

pytestmark = pytest.mark.postgres

PEOPLE = 300
ROUNDS = 5


def test_race_people_whom_two_requests_put_are_created_once(cluster: Cluster) -> None:
    assert_back(cluster)
    key = cluster.manage("apikey", "create", "--name", "crm", "--scope", "people").split()[-1]

    def put(instance: int, number: int) -> httpx.Response:
        people = [described(number, n) for n in range(PEOPLE)]
        return httpx.put(
            f"{cluster.instances[instance].url}/api/v1/people",
            json={"people": people if instance else people[::-1]},
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )

    with ThreadPoolExecutor(2) as threads:
        for number in range(ROUNDS):
            answers = list(threads.map(put, (0, 1), (number, number)))

            assert [answer.status_code for answer in answers] == [200, 200], [one.text for one in answers]
            assert sum(answer.json()["created"] for answer in answers) == PEOPLE
            people = "SELECT count(*) FROM hub_notifications_profile"
            assert cluster.count(people) == (number + 1) * PEOPLE


def described(number: int, n: int) -> dict[str, Any]:
    return {"id": f"r{number}-{n}", "email": f"r{number}-{n}@example.com", "groups": [f"g{number}"]}
