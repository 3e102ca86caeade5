"""Host and Origin are read alike everywhere, whatever comes."""

from __future__ import annotations

import pytest

from hub.errors import Problem
from hub.support import origins
from hub.support.headers import fields

HOSTS = ("hub.example.com", "127.0.0.1")
MALFORMED = ["http://[", "http://a]b", "http://[::1", "//", "", "null", "http://a b", "http://é", "x" * 9000]


@pytest.mark.parametrize("origin", MALFORMED)
def test_a_malformed_origin_is_of_no_site(origin: str) -> None:
    assert origins.site(origin) is None
    assert not origins.is_allowed(origin, "", "a]b", ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://hub.example.com", "hub.example.com"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_a_page_of_the_host_itself_is_allowed(origin: str, host: str) -> None:
    assert origins.is_allowed(origin, "", host, ())
    assert origins.is_allowed(origin, origin.partition(":")[0], host, ())
    assert not origins.is_allowed(origin, "ftp", host, ())


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "[", "a]b", "é.example", ".", "a b", "\0"]
)
def test_a_strange_host_is_refused(host: str) -> None:
    with pytest.raises(Problem) as refused:
        origins.check_host(host, HOSTS)
    assert refused.value.status == 400


@pytest.mark.parametrize("host", ["", "10.0.0.7:8000", "[fd00::7]:8000", "localhost", "hub:8000", *HOSTS])
def test_an_operators_probe_names_an_instance_as_it_can(host: str) -> None:
    origins.check_operators_host(host, HOSTS)


@pytest.mark.parametrize("host", ["evil.example", "evil.example.:8000", "127.0.0.1.evil.example", "["])
def test_a_page_whose_name_was_bound_to_loopback_is_refused(host: str) -> None:
    with pytest.raises(Problem):
        origins.check_operators_host(host, HOSTS)


def test_a_repeated_field_is_joined_so_that_no_value_is_trusted() -> None:
    headers = [(b"host", b"127.0.0.1"), (b"host", b"evil.example"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]

    assert fields(headers) == {"host": "127.0.0.1,evil.example", "cookie": "a=1; b=2"}
