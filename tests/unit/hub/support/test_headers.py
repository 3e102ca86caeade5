"""Repeated fields of a request are one, as every reader of them has to see it."""

from __future__ import annotations

from hub.support.headers import fields, with_one_cookie


def test_repeated_fields_are_joined_and_cookies_by_a_semicolon() -> None:
    raw = [(b"x-a", b"1"), (b"cookie", b"a=1"), (b"x-a", b"2"), (b"cookie", b"b=2")]

    assert fields(raw) == {"x-a": "1,2", "cookie": "a=1; b=2"}


def test_cookies_of_several_fields_become_one_field() -> None:
    raw = [(b"cookie", b"a=1"), (b"host", b"x"), (b"cookie", b"b=2")]

    assert with_one_cookie(raw) == [(b"host", b"x"), (b"cookie", b"a=1; b=2")]


def test_fields_without_a_repeated_cookie_are_left_as_they_are() -> None:
    raw = [(b"cookie", b"a=1"), (b"host", b"x")]

    assert with_one_cookie(raw) is raw
