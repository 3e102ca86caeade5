"""Every page and every call of the API, new ones included, while PostgreSQL is away or read-only: 503 at once
and never 500. Feeds and rooms are in `tests.system.http.test_outages`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from tests.cluster import Cluster
from tests.system.addresses import addresses
from tests.system.database.conftest import DEADLINE_S, KEY, Timed, assert_back, post, set_read_only, until

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

# The last is about an open feed, which it names: an unknown one is refused before anyone is asked for.
NO_DATABASE = ("api", "api/", "api/docs", "api/openapi.json", "api/v1/feed/topics")
METHODS = ("GET", "POST", "PUT", "DELETE")
NOT_HERE = (405, 413)  # another method is meant, or one without a body
SENDING = "SELECT sending_id FROM hub_notifications_notification WHERE id = %s"
WRITES = {
    *(f"POST api/v1/{call}" for call in ("notifications", "tokens", "rooms", "notifications/read-all")),
    *("PUT api/v1/preferences", "DELETE api/v1/notifications/{}", "POST notifications/read-all"),
    *(f"POST dashboard/sent/{{}}/{act}" for act in ("undo", "stop", "recall")),
    *(f"POST dashboard/scheduled/{{}}/{act}" for act in ("now", "later")),
}
BODIES: dict[str, Any] = {
    "audience": {"to": ["user:alice"]},
    "events": {"topic": "job-1", "type": "x", "data": 1},
    "notifications": {"to": ["user:alice"], "title": "x"},
    "preferences": {"categories": {}, "quiet_hours": None},
    "rooms": {"name": "a-new-room", "members": "everyone"},
    "runs": {"owner": "alice"},
    "tokens": {"user": "alice"},
}


@dataclass(frozen=True)
class Visitor:
    """Staff with a session, and a program with a key."""

    staff: httpx.Client
    program: httpx.Client
    sending: str
    notification: str

    def ask(self, address: str) -> Iterator[tuple[str, Timed]]:
        """The answers to every method that an address has."""
        is_api = address.startswith("api/")
        for client in (self.staff, self.program) if is_api else (self.staff,):
            for method in METHODS if is_api else METHODS[:2]:
                began = time.monotonic()
                response = client.request(method, f"/{self._filled(address)}", **self._sent(method, address))
                if response.status_code not in NOT_HERE:
                    yield f"{method} {address}", Timed(response, time.monotonic() - began)

    def _filled(self, address: str) -> str:
        value = "1"
        if "sending/{}" in address or "sent/{}" in address or "scheduled/{}" in address:
            value = self.sending
        elif "notification/{}" in address or "notifications/{}" in address:
            value = self.notification
        elif "rooms/{}" in address:
            value = "lobby"
        elif "runs/{}" in address:
            value = "00000000-0000-0000-0000-000000000000"
        return address.replace("{}", value)

    def _sent(self, method: str, address: str) -> dict[str, Any]:
        if method == "GET":
            return {}
        headers = {"X-CSRFToken": self.staff.cookies["csrftoken"]}
        if address.startswith("api/"):
            return {"headers": headers, "json": BODIES.get(address.rpartition("/")[2], {})}
        return {"headers": headers, "data": {"reason": "x", "zone": "UTC", "send_at": "2099-01-02T00:00"}}


@pytest.fixture(scope="module")
def visitor(cluster: Cluster) -> Iterator[Visitor]:
    assert_back(cluster)
    url = cluster.instance_url(1)
    with httpx.Client(base_url=url, timeout=DEADLINE_S) as staff:
        staff.get("/accounts/login/")
        form = {"username": "admin", "password": "demo", "csrfmiddlewaretoken": staff.cookies["csrftoken"]}
        assert staff.post("/accounts/login/", data=form).status_code == 302
        with httpx.Client(base_url=url, headers=KEY, timeout=DEADLINE_S) as program:
            body = {"to": ["user:admin"], "title": "x", "send_at": "2099-01-01T00:00:00Z"}
            sent = program.post("/api/v1/notifications", json=body).json()["notifications"][0]["id"]
            with psycopg.connect(cluster.postgres.url) as connection:
                row = connection.execute(SENDING, [sent]).fetchone()
            assert row is not None
            yield Visitor(staff, program, str(row[0]), sent)


def test_while_it_is_away_each_is_refused_at_once(cluster: Cluster, visitor: Visitor) -> None:
    cluster.postgres.stop()
    try:
        until(lambda: post(cluster).status == 503)
        # A key that was just looked up is known for a second.
        events = BODIES["events"]
        until(lambda: visitor.program.post("/api/v1/events", json=events).status_code == 503)
        asked = {address: list(visitor.ask(address)) for address in addresses() if needs_database(address)}
    finally:
        cluster.postgres.bring_back()

    for address, calls in asked.items():
        refused = [timed.response for _, timed in calls if timed.status == 503]
        others = {timed.status for _, timed in calls if timed.status != 503}
        assert refused, f"{address}: {others}"
        assert others <= ({401} if address.startswith("api/") else set()), f"{address}: {others}"
        assert all(int(response.headers["retry-after"]) > 0 for response in refused), address
    seconds = [timed.seconds for calls in asked.values() for _, timed in calls]
    assert len(seconds) > 300
    assert statistics.quantiles(seconds, n=20)[-1] < 1


def test_while_it_is_read_only_none_fails(cluster: Cluster, visitor: Visitor) -> None:
    set_read_only(cluster, "on")
    try:
        until(lambda: post(cluster).status == 503)
        asked = [call for address in addresses() for call in visitor.ask(address)]
    finally:
        set_read_only(cluster, "off")

    refused = {call: timed.response for call, timed in asked if timed.status >= 500}
    assert {response.status_code for response in refused.values()} == {503}
    assert all(int(response.headers["retry-after"]) > 0 for response in refused.values())
    assert refused.keys() >= WRITES


def test_while_it_is_read_only_a_feed_by_ticket_is_refused(cluster: Cluster) -> None:
    assert_back(cluster)
    url = cluster.instance_url(1)
    ticket = httpx.post(f"{url}/api/v1/tokens", json={"user": "alice"}, headers=KEY).json()["ticket"]
    set_read_only(cluster, "on")
    try:
        until(lambda: post(cluster).status == 503)
        response = httpx.get(f"{url}/feed/", params={"ticket": ticket})
    finally:
        set_read_only(cluster, "off")

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0


def needs_database(address: str) -> bool:
    return address not in NO_DATABASE and not address.startswith("static/")
