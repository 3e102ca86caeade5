"""A body that is no JSON, or no object, is refused on every path that takes one."""

from __future__ import annotations

import pytest

from hub.log import Log
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


@PATHS
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"to": [], "to": ["everyone"], "title": "Hello"}', "'to' is given twice: give it once"),
        (b'{"data": {"a": 1, "b": {"c": 1, "c": 1}}}', "'c' is given twice"),
        (b'{"data": 9007199254740992}', "beyond 9007199254740991: send it as a string"),
        (b'{"data": [-9007199254740993]}', "beyond 9007199254740991"),
        (b'{"data": NaN}', "NaN is not JSON"),
        (b'{"data": ' + b"[" * 40 + b"]" * 40 + b"}", "at most 32 levels"),
        (b"{,}", "line 1 column 2"),
        (b'{"title": "\xff"}', "not UTF-8"),
    ],
)
def test_what_readers_would_read_differently_is_refused_in_words(
    program: Caller, path: str, body: bytes, detail: str
) -> None:
    answer = program.post(path, body)

    assert answer.status == 400
    assert detail in answer.json["detail"]
    assert rows_written() == 0


@pytest.mark.parametrize("field", ["title", "body", "url", "category", "key"])
@pytest.mark.parametrize("character", [b"\\u0000", b"\\ud800"])
def test_a_character_that_cannot_be_stored_is_refused_with_its_field(
    program: Caller, field: str, character: bytes
) -> None:
    fields = {"to": b'["everyone"]', "title": b'"Hello"', field: b'"/a%sb"' % character}
    members = [b'"%s": %s' % (name.encode(), value) for name, value in fields.items()]

    answer = program.post("notifications", b"{%s}" % b", ".join(members))

    assert refused(answer, 422, field)
    assert rows_written() == 0


def test_numbers_that_every_reader_reads_alike_are_accepted(live_log: Log, program: Caller) -> None:
    body = b'{"topic": "job-1", "type": "tick", "data": [9007199254740991, 1e3, -0.5]}'

    assert program.post("events", body).status == 201
