"""What stands in the envelope of an event before its data."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from hub import events

KEYS = [
    "EUR/USD",
    "a",
    "k" * 200,
    'quote " and \\ slash',
    '","data":{"key":"x"}',
    "ключ",
    "a\u2028b",
    "\U0001f680",
]
BAD_KEYS = ["k" * 201, "a\nb", "a\x00", "\x7f", "\x85", "\ud800"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("expires_at", [None, datetime(2030, 1, 1, tzinfo=UTC)])
def test_the_key_of_a_value_is_read_back_from_the_body(key: str, expires_at: datetime | None) -> None:
    draft = events.draft("prices", "tick", {"key": "other"}, value_key=key, expires_at=expires_at, by="7")

    assert events.value_key(draft.body) == draft.value_key == key
    assert list(json.loads(draft.body))[-3:] == ["key", "by", "data"]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(events.BadKey):
        events.draft("prices", "tick", 1, value_key=key)


def test_an_event_without_a_key_has_none_of_its_data() -> None:
    assert events.value_key(events.draft("prices", "tick", {"key": "EUR/USD"}).body) == ""


@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b'{"key":"x"}', b'{"topic":"a","at":"b","key":"\\q","data":1}']
)
def test_the_body_of_another_program_has_no_key(body: bytes) -> None:
    assert events.value_key(body) == ""


@pytest.mark.parametrize("data", [None, "", "text", {"data": 1}, ["é"]])
@pytest.mark.parametrize("key", ["", '","data":1'])
def test_the_size_of_the_data_is_that_of_its_json(data: object, key: str) -> None:
    draft = events.draft("prices", "tick", data, value_key=key)

    assert events.data_size(draft.body) == len(events.encode(data))
