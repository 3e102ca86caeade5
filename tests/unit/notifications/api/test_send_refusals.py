"""What cannot be sent is refused, the field at fault named, and nothing is half-written."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from hub.events import MAX_DATA_BYTES
from tests.unit.notifications.conftest import Caller, refused, rows_written

WRONG: list[tuple[str, Any]] = [
    ("to", None),
    ("to", "everyone"),
    ("to", []),
    ("to", [""]),
    ("to", ["user:nobody"]),
    ("to", ["user:"]),
    ("to", ["user:al\x00ice"]),
    ("to", ["group:nobody"]),
    ("to", ["alice"]),
    ("to", ["topic:"]),
    ("to", ["topic:two words"]),
    ("to", ["topic:line\nbreak"]),
    ("to", ["topic:user-1"]),
    ("to", ["topic:group-ops"]),
    ("to", ["topic:everyone"]),
    ("to", ["topic:room-lobby"]),
    ("to", ["topic:hub.control"]),
    ("to", ["topic:" + "x" * 201]),
    ("to", ["everyone", "user:nobody"]),
    ("to", [f"topic:t{number}" for number in range(1001)]),
    ("to.0", [7]),
    ("title", None),
    ("title", 7),
    ("title", ""),
    ("title", " \t"),
    ("title", "x" * 256),
    ("title", "two\nlines"),
    ("title", "nul\x00"),
    ("body", None),
    ("body", "escape\x1b"),
    ("url", "javascript:alert(1)"),
    ("url", "JaVaScRiPt:alert(1)"),
    ("url", "data:text/html,x"),
    ("url", "//evil.example"),
    ("url", "builds/512"),
    ("url", "/back\\slash"),
    ("url", "https://"),
    ("url", "/" + "x" * 2000),
    ("category", "Builds"),
    ("category", "x" * 65),
    ("severity", "fatal"),
    ("severity", None),
    ("key", "x" * 201),
    ("key", "line\nbreak"),
    ("expires_at", "2020-01-01T00:00:00Z"),
    ("expires_at", "tomorrow"),
    ("expires_at", 1763712345),
    ("send_at", "2030-01-01T00:00:00"),
    ("send_at", "2030-02-30T00:00:00Z"),
    ("send_at", "9999-12-31T23:59:59-23:59"),
    ("unknown", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named(program: Caller, alice: User, field: str, value: Any) -> None:
    body = {"to": ["user:alice"], "title": "Hello", field.partition(".")[0]: value}

    answer = program.post("notifications", body)

    assert refused(answer, 422, field)
    assert rows_written() == 0


@pytest.mark.parametrize("field", ["to", "title"])
def test_a_missing_field_is_named(program: Caller, field: str) -> None:
    body = {"to": ["everyone"], "title": "Hello"}
    del body[field]

    answer = program.post("notifications", body)

    assert refused(answer, 422, field)
    assert rows_written() == 0


def test_what_no_event_can_carry_is_too_large(program: Caller, alice: User) -> None:
    answer = program.post("notifications", {"to": ["everyone"], "title": "x", "body": "x" * MAX_DATA_BYTES})

    assert refused(answer, 413)
    assert rows_written() == 0


def test_a_person_who_has_left_is_unknown(program: Caller, alice: User) -> None:
    alice.is_active = False
    alice.save()

    answer = program.post("notifications", {"to": ["user:alice"], "title": "Hello"})

    assert refused(answer, 422, "to")


def test_one_byte_too_many_for_the_longest_of_its_topics_leaves_no_row(program: Caller) -> None:
    body = {"to": ["topic:a", "topic:" + "a" * 200], "title": "t", "body": "x" * 65_300}

    assert refused(program.post("notifications", body), 413)
    assert rows_written() == 0
