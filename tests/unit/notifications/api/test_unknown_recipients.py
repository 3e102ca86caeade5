"""Every recipient that names no one is listed at once, for a program to leave out, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.unit.notifications.conftest import Caller, refused, rows_written

pytestmark = pytest.mark.usefixtures("alice", "ops")

TO = [
    "user:alice",
    "user:left",
    "group:ops",
    "group:gone",
    "user:left",
    "segment:none",
    "fax:7",
    "topic:job-1",
]
UNKNOWN = ["user:left", "group:gone", "segment:none", "fax:7"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("notifications", {"to": TO, "title": "Hello"}), ("audience", {"to": TO})],
)
def test_all_unknown_recipients_are_listed(program: Caller, path: str, body: dict[str, Any]) -> None:
    before = rows_written()

    answer = program.post(path, body)

    assert refused(answer, 422, "to")
    assert answer.json["unknown"] == UNKNOWN
    assert all(address in answer.json["detail"] for address in UNKNOWN)
    assert rows_written() == before


def test_the_others_can_be_sent_to_at_the_second_try(program: Caller, bob: User) -> None:
    unknown = program.post("notifications", {"to": TO, "title": "Hello"}).json["unknown"]

    answer = program.post("notifications", {"to": [to for to in TO if to not in unknown], "title": "Hello"})

    assert answer.status == 201


def test_a_thousand_unknown_recipients_are_listed_and_ten_shown(program: Caller) -> None:
    to = [f"user:left-{number}" for number in range(1000)]

    answer = program.post("notifications", {"to": to, "title": "Hello"})

    assert answer.json["unknown"] == to
    assert "and 990 more" in answer.json["detail"]
    assert len(answer.json["detail"]) < 1000


def test_all_unknown_members_of_a_room_are_listed(program: Caller) -> None:
    answer = program.post("rooms", {"name": "standup", "members": ["user:alice", "user:left", "user:gone"]})

    assert refused(answer, 422, "members")
    assert answer.json["unknown"] == ["user:left", "user:gone"]
