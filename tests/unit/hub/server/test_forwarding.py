"""What proxies say of a client, in all the ways that they say it."""

from __future__ import annotations

import pytest

from hub.server import forwarding


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ([b"203.0.113.9"], "203.0.113.9"),
        ([b"203.0.113.9:4711"], "203.0.113.9"),
        ([b"[2001:db8::1]:4711"], "2001:db8::1"),
        ([b"[2001:db8::1]"], "2001:db8::1"),
        ([b"2001:db8::1"], "2001:db8::1"),
        ([b'"[2001:db8::1]:4711"'], "2001:db8::1"),
        ([b"fe80::1%eth0"], "fe80::1"),
        ([b"::ffff:203.0.113.9"], "203.0.113.9"),
        ([b"6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        ([b"6.6.6.6", b"203.0.113.9"], "203.0.113.9"),
        ([b"203.0.113.9, , "], "203.0.113.9"),
        ([b"6.6.6.6, unknown"], None),
        ([b"_hidden"], None),
        ([b"1.2.3.4.5"], None),
        ([b"[::1"], "::1"),
        ([b"[", b"]:"], None),
        ([b"\xff\xfe"], None),
        ([b""], None),
        ([b",,,"], None),
        ([], None),
        ([b"1" * 9000], None),
        ([b"[0000:0000:0000:0000:0000:ffff:203.100.113.109]"], "203.100.113.109"),
        ([b"[0000:0000:0000:0000:0000:ffff:203.100.113.109x]"], None),
    ],
)
def test_the_last_entry_is_the_client(lines: list[bytes], address: str | None) -> None:
    assert forwarding.client(lines) == address


@pytest.mark.parametrize(
    ("lines", "secure"),
    [
        ([b"https"], True),
        ([b"http"], False),
        ([b"HTTPS"], True),
        ([b"wss"], True),
        ([b"https,http"], False),
        ([b"http, https"], True),
        ([b"http", b"https"], True),
        ([b"https, "], True),
        ([b"gopher"], None),
        ([b"\xff"], None),
        ([b""], None),
        ([], None),
    ],
)
def test_the_last_scheme_is_that_of_the_proxy_we_trust(lines: list[bytes], secure: bool | None) -> None:
    assert forwarding.is_secure(lines) is secure
