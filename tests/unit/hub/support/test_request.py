"""A request outside Django is parsed alike at every endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import Problem
from hub.ports import Credentials
from hub.support.request import Query, Request, position

SESSION = "abcdefghijklmnop"


def request(*headers: tuple[bytes, bytes], **scope: Any) -> Request:
    return Request({"headers": headers, "client": ["203.0.113.9", 4711], "scheme": "https", **scope})


def test_a_request_names_its_host_its_origin_and_its_client() -> None:
    given = request((b"host", b"hub.example"), (b"origin", b"https://app.example"))

    assert (given.host, given.origin, given.address) == ("hub.example", "https://app.example", "203.0.113.9")


def test_a_client_without_an_address_is_counted_as_unknown() -> None:
    assert request(client=None).address == "unknown"


def test_a_host_that_is_not_served_is_a_400() -> None:
    with pytest.raises(Problem) as refused:
        request((b"host", b"evil.example")).check(("hub.example",), tls=False)

    assert refused.value.status == 400


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_under_tls_what_comes_in_clear_is_a_403(scheme: str) -> None:
    with pytest.raises(Problem) as refused:
        request((b"host", b"hub.example"), scheme=scheme).check(("hub.example",), tls=True)

    assert refused.value.status == 403


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_under_tls_what_comes_encrypted_passes(scheme: str) -> None:
    request((b"host", b"hub.example"), scheme=scheme).check(("hub.example",), tls=True)


def test_a_bearer_token_wins_over_a_ticket_and_a_ticket_over_a_session() -> None:
    token, cookie = (b"authorization", b"Bearer abc "), (b"cookie", b"sessionid=" + SESSION.encode())

    assert request(token, cookie).read_credentials("t") == Credentials(bearer="abc")
    assert request(cookie).read_credentials("t") == Credentials(ticket="t")
    assert request(cookie).read_credentials() == Credentials(session=SESSION)
    assert request().read_credentials() == Credentials()


@pytest.mark.parametrize("value", [b"Basic YTpi", b"Bearer", b"Bearer  "])
def test_any_other_authorization_is_a_401(value: bytes) -> None:
    with pytest.raises(Problem) as refused:
        request((b"authorization", value)).read_credentials()

    assert refused.value.status == 401


def test_a_parameter_may_come_often_or_once() -> None:
    query = Query(b"topic=a&topic=b&own=0", frozenset({"topic", "own", "ticket"}))

    assert query.all("topic") == ["a", "b"]
    assert query.one("own") == "0"
    assert query.one("ticket") == ""


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"own=1&own=1", "once"),
        (b"x=1", "not a parameter"),
        (b"own=%ff", "UTF-8"),
        (b"own=1" + b"&own=1" * 200, "cannot be read"),
    ],
)
def test_a_query_that_cannot_be_used_is_a_400_that_says_why(raw: bytes, word: str) -> None:
    with pytest.raises(Problem, match=word) as refused:
        Query(raw, frozenset({"own"})).one("own")

    assert refused.value.status == 400


def test_a_position_is_digits_or_is_not_given() -> None:
    assert position("1700000000000000") == 1700000000000000
    assert position("") is None
    with pytest.raises(Problem) as refused:
        position("-1")
    assert refused.value.status == 400
