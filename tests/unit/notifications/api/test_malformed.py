"""A body that is no JSON, or no object, is refused on every path that takes one."""

from __future__ import annotations

import pytest

from tests.unit.notifications.conftest import Caller, refused, rows_written

PATHS = pytest.mark.parametrize("path", ["notifications", "events", "tokens", "rooms"])


@PATHS
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'to': 1}",
        b'{"title": NaN}',
        b'{"title": -Infinity}',
        b'{"title": ' + b"9" * 5000 + b"}",
        b'{"title": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a": ' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 10_000,
        b'{"to": ["everyone"], "title": "Hello"} trailing',
    ],
)
def test_what_is_no_json_is_malformed(program: Caller, path: str, body: bytes) -> None:
    answer = program.post(path, body)

    assert refused(answer, 400)
    assert rows_written() == 0


@PATHS
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"5"])
def test_what_is_no_object_is_wrong(program: Caller, path: str, body: bytes) -> None:
    answer = program.post(path, body)

    assert refused(answer, 422, "body")
    assert rows_written() == 0


@PATHS
def test_a_lone_surrogate_is_wrong(program: Caller, path: str) -> None:
    answer = program.post(path, b'{"title": "\\ud800", "\\udfff": "\\ud800"}')

    assert answer.status == 422
    assert rows_written() == 0


@PATHS
def test_a_body_over_the_limit_is_too_large(program: Caller, path: str) -> None:
    answer = program.post(path, b" " * (8 * 1024 * 1024 + 1))

    assert refused(answer, 413)


def test_of_a_key_given_twice_the_last_holds(program: Caller) -> None:
    answer = program.post("notifications", b'{"to": [], "to": ["everyone"], "title": "Hello"}')

    assert answer.status == 201
