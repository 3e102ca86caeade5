"""Events as lines of JSON, in parts that are cut anywhere."""

from __future__ import annotations

import json

import pytest

from hub.events import MAX_DATA_BYTES
from notifications.runs.ndjson import MAX_LINE_BYTES, BadLine, LineReader

GIVEN = [("phase", {"name": "wörtlich 🙂"}), ("token", {"text": "a\nb"}), ("tool", [1, None])]
TEXT = b"".join(json.dumps({"type": type, "data": data}).encode() + b"\n" for type, data in GIVEN)


def read(*parts: bytes) -> list[tuple[str, object]]:
    reader = LineReader("run:1")
    entries = [entry for part in parts for entry in reader.feed(part)] + list(reader.end())
    return [(entry.draft.type, json.loads(entry.draft.body)["data"]) for entry in entries]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_the_same_however_their_lines_are_cut(size: int) -> None:
    assert read(*[TEXT[n : n + size] for n in range(0, len(TEXT), size)]) == GIVEN


def test_lines_may_end_with_crlf_be_empty_and_lack_the_last_end() -> None:
    assert read(b"\r\n \n", TEXT.replace(b"\n", b"\r\n").rstrip()) == GIVEN


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"type": "token"}', 422),
        (b'{"type": "token", "data": {"text": 1}}', 422),
        (b'{"type": "token", "data": {"text": "x"}, "key": "k"}', 422),
        (b'{"type": 1, "data": 1}', 422),
        (b'{"type": "done", "data": {}}', 422),
        (b'{"type": "No", "data": 1}', 422),
        (b'{"type": "tool", "data": "\xff"}', 422),
        (b'{"type": "tool", "data": "\\ud800"}', 422),
        (b'{"type": "tool", "data": NaN}', 422),
        (b"[" * 1000, 422),
        (b'{"type": "tool", "data": "%b"}' % (b"x" * MAX_DATA_BYTES), 413),
        (b"x" * (MAX_LINE_BYTES + 1), 413),
    ],
)
def test_a_line_that_is_no_event_is_refused_by_its_number(line: bytes, status: int) -> None:
    entries = LineReader("run:1").feed(b'{"type": "tool", "data": 1}\n\n' + line + b"\n" + TEXT)
    first = next(entries)

    with pytest.raises(BadLine) as refused:
        next(entries)

    assert first.draft.type == "tool"
    assert (refused.value.problem.status, refused.value.problem.members["line"]) == (status, 3)


def test_a_line_that_never_ends_is_refused_before_more_of_it_is_kept() -> None:
    endless = [b"x" * 1000] * MAX_LINE_BYTES

    with pytest.raises(BadLine) as refused:
        read(*endless)

    assert refused.value.problem.status == 413


def test_data_whose_characters_are_all_escaped_fit_a_line() -> None:
    text = "é" * ((MAX_DATA_BYTES - 20) // 2)

    assert read(json.dumps({"type": "token", "data": {"text": text}}).encode()) == [("token", {"text": text})]
