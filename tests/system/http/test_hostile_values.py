"""No value at any address is answered with a fault of ours: over PostgreSQL, which takes no NUL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.addresses import addresses

VALUES = {
    "nul": "a%00b",
    "surrogate": "%ed%a0%80",
    "digits": "9" * 3000,
    "below zero": "-" + "9" * 30,
    "quotes": quote("'\"<>\\;--"),
    "a line": "a%0d%0aSet-Cookie:%20x",
    "long": "a" * 6000,
    "a uuid": "00000000-0000-0000-0000-000000000000",
}
PARAMETERS = [
    "q",
    "after",
    "before",
    "page",
    "o",
    "p",
    "e",
    "id",
    "topic",
    "user",
    "person",
    "filter",
    "category",
    "template",
    "room",
    "kind",
    "at",
    "since",
    "until",
    "next",
    "audience",
    "act",
    "actor",
    "key",
    "severity",
    "feed",
    "own",
    "last_event_id",
    "ticket",
    "instance",
    "all",
    "sort",
    "address",
    "to",
    "days",
    "format",
]
FIELDS = [
    "to",
    "title",
    "body",
    "url",
    "category",
    "severity",
    "key",
    "send_at",
    "expires_at",
    "name",
    "username",
    "password",
    "scopes",
    "topics",
    "people",
    "person",
    "group",
    "room",
    "kind",
    "members",
    "confirm",
    "template",
    "action",
    "_selected_action",
    "ids",
    "id",
    "at",
    "reason",
    "note",
    "enabled",
    "start",
    "end",
    "zone",
    "next",
    "number",
    "minutes",
    "audience",
    "text",
    "token",
    "otp_token",
    "code",
]
# Signs out, or changes who is signed in.
LEFT_ALONE = re.compile(r"logout|password|static/|reauth")
ADDRESSES = [path for path in addresses() if not LEFT_ALONE.search(path)]


@pytest.fixture(scope="module")
def boss(cluster: Cluster) -> Iterator[httpx.Client]:
    """Who may do everything, signed in."""
    make = "from django.test import Client; from django.contrib.auth.models import User; c = Client(); "
    make += "c.force_login(User.objects.get(username='admin')); print(c.cookies['sessionid'].value)"
    key = cluster.manage("shell", "-v0", "-c", make).strip()
    with httpx.Client(base_url=cluster.instance_url(1), timeout=20, cookies={"sessionid": key}) as client:
        assert client.get("/").status_code == 200
        yield client


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.timeout(120)
def test_no_address_with_it_is_a_fault_of_ours(boss: httpx.Client, value: str) -> None:
    asked = [path.replace("{}", value) for path in ADDRESSES if "{}" in path]

    assert len(asked) > 20
    assert faults(boss, asked) == {}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.timeout(120)
def test_no_parameter_with_it_is_a_fault_of_ours(boss: httpx.Client, value: str) -> None:
    # In parts, so that one that is refused does not hide the others.
    parts = [PARAMETERS[n : n + 7] for n in range(0, len(PARAMETERS), 7)]
    plain = [path for path in ADDRESSES if "{}" not in path and not path.startswith("admin/")]
    asked = [f"{path}?" + "&".join(f"{name}={value}" for name in part) for path in plain for part in parts]
    feeds = [f"feed/?{name}={value}" for name in PARAMETERS]

    assert faults(boss, [*asked, *feeds]) == {}


@pytest.mark.parametrize("value", [value for value in VALUES.values() if len(value) < 5000])
@pytest.mark.timeout(120)
def test_no_form_with_it_is_a_fault_of_ours(boss: httpx.Client, value: str) -> None:
    token = boss.cookies.get("csrftoken") or ""
    form = "&".join(f"{name}={value}" for name in FIELDS) + f"&csrfmiddlewaretoken={token}"
    found = {}
    for path in ADDRESSES:
        answer = boss.post(
            "/" + path.replace("{}", "1"),
            content=form,
            headers={"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": token},
        )
        if answer.status_code >= 500:
            found[path] = answer.status_code

    assert found == {}


@pytest.mark.parametrize("value", ["\\u0000", "\\ud800", "9" * 5000])
@pytest.mark.timeout(120)
def test_no_json_with_it_is_a_fault_of_ours(cluster: Cluster, value: str) -> None:
    fields = {name: f'"{name}": "{value}"' for name in FIELDS}
    lists = {name: f'"{name}": ["{value}"]' for name in ("to", "topics", "members", "events")}
    whole = "{" + ", ".join({**fields, **lists}.values()) + "}"
    right = (
        ("POST notifications", f'{{"to": ["everyone"], "title": "x", "body": "{value}"}}'),
        ("POST notifications", f'{{"to": ["user:{value}", "group:{value}"], "title": "x"}}'),
        ("POST notifications", f'{{"to": ["topic:x"], "title": "x", "key": "{value}", "url": "/{value}"}}'),
        ("POST audience", f'{{"to": ["user:{value}", "segment:{value}"]}}'),
        ("POST events", f'{{"topic": "job-1", "type": "x", "data": {{"{value}": "{value}"}}}}'),
        ("POST tokens", f'{{"user": "{value}"}}'),
        ("POST rooms", f'{{"name": "x", "members": ["user:{value}"]}}'),
        ("POST rooms", f'{{"name": "x", "members": "group:{value}"}}'),
    )
    asked = [(call.split()[0], "api/v1/" + call.split()[1], body) for call, body in right]
    asked += [
        (method, path.replace("{}", "1"), whole)
        for method in ("POST", "PUT", "DELETE")
        for path in ADDRESSES
        if path.startswith("api/v1/")
    ]
    found = {}
    with httpx.Client(base_url=cluster.instance_url(1), timeout=20) as client:
        client.headers["Authorization"] = "Bearer demo-key"
        for method, path, body in asked:
            answer = client.request(method, "/" + path, content=body.encode())
            if answer.status_code >= 500:
                found[method, path, body[:60]] = answer.status_code

    assert found == {}


def faults(client: httpx.Client, asked: list[str]) -> dict[str, int]:
    found = {}
    for path in asked:
        url = client.base_url.copy_with(raw_path=b"/" + path.encode("ascii"))
        with client.stream("GET", url) as answer:
            if answer.status_code >= 500:
                found[path[:200]] = answer.status_code
    return found
