"""A cookie that no engine of ours makes is as if it had not come."""

from __future__ import annotations

import pytest
from django.http import parse_cookie

from hub.support import cookies

KEY = "abcdefgh12345678abcdefgh12345678"


@pytest.mark.parametrize(
    "header",
    [
        f"sessionid={KEY}",
        f'sessionid="{KEY}"',
        f"path=/; version=1; sessionid={KEY}",  # where `SimpleCookie` gives up
        f"sessionid={KEY}; other=a\\000b",
        f"sessionid={KEY}; sessionid=planted-by-another",
        f"a=1;sessionid={KEY} ; b",
    ],
)
def test_a_session_is_read_as_django_reads_it(header: str) -> None:
    assert cookies.session(header) == parse_cookie(cookies.clean(header))["sessionid"] == KEY


@pytest.mark.parametrize(
    "value",
    [
        '"\\000abcdefgh"',
        '"abcdefgh\\000"',
        "short",
        "a" * 41,
        "ABCDEFGH",
        "abc defgh",
        "é" * 8,
        "",
        '"',
        "\0" * 9,
    ],
)
def test_another_form_is_no_session(value: str) -> None:
    assert cookies.session(f"sessionid={value}") == ""


@pytest.mark.parametrize(
    "header", ["", ";", "=", ";;==;", "sessionid", "=sessionid", "a" * 20_000, "\\" * 16_000]
)
def test_whatever_else_comes_is_no_session(header: str) -> None:
    assert cookies.session(header) == ""


def test_a_malformed_csrf_cookie_is_dropped_and_others_stay() -> None:
    token = "T" * 32

    assert cookies.clean(f"csrftoken={token}; x=1") == f"csrftoken={token}; x=1"
    assert cookies.clean("csrftoken=no; x=1") == " x=1"
