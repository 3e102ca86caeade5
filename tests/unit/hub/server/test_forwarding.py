"""What proxies say of a client, in all the ways that they say it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.server import forwarding


@pytest.mark.parametrize(
    ("values", "address"),
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
        ([b"6.6.6.6:1, 203.0.113.9:4711"], "203.0.113.9"),
        ([b"6.6.6.6:1,[2001:db8::1]:4711"], "2001:db8::1"),
        ([b"6.6.6.6:1", b"203.0.113.9:4711 "], "203.0.113.9"),
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
def test_the_last_entry_is_the_client(values: list[bytes], address: str | None) -> None:
    assert forwarding.client(values) == address


@pytest.mark.parametrize(
    ("values", "secure"),
    [
        ([b"https"], True),
        ([b"http"], False),
        ([b"HTTPS"], True),
        ([b"wss"], True),
        ([b"https,http"], False),
        ([b"http, https"], True),
        ([b"https , https"], True),
        ([b"http", b"https"], True),
        ([b"https, "], True),
        ([b"gopher"], None),
        ([b"\xff"], None),
        ([b""], None),
        ([], None),
    ],
)
def test_the_last_scheme_is_that_of_the_proxy_we_trust(values: list[bytes], secure: bool | None) -> None:
    assert forwarding.is_secure(values) is secure


def scope(peer: str | None, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"client": [peer, 4711] if peer else None, "scheme": "http", "headers": list(headers)}


FORWARDED = ((b"host", b"hub"), (b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https"))


def test_a_trusted_proxy_is_believed() -> None:
    given = scope("10.1.2.3", *FORWARDED)

    forwarding.TrustedProxies(["10.0.0.0/8"]).apply(given)

    assert (given["client"], given["scheme"]) == (["203.0.113.9", 0], "https")
    assert (given["hub.peer"], given["hub.believed"]) == ("10.1.2.3", True)
    assert given["headers"] == list(FORWARDED)


@pytest.mark.parametrize("peer", ["192.0.2.1", None])
def test_another_peer_is_not_and_its_headers_are_dropped(peer: str | None) -> None:
    given = scope(peer, *FORWARDED)

    forwarding.TrustedProxies(["10.0.0.0/8"]).apply(given)

    assert given["client"] == ([peer, 4711] if peer else None)
    assert (given["scheme"], given["hub.believed"]) == ("http", False)
    assert given["headers"] == [(b"host", b"hub")]


@pytest.mark.parametrize(("forwarded", "scheme"), [(b"https", "wss"), (b"http", "ws"), (b"?", "ws")])
def test_a_websocket_keeps_being_one(forwarded: bytes, scheme: str) -> None:
    given = scope("10.1.2.3", (b"x-forwarded-proto", forwarded))
    del given["scheme"]

    forwarding.TrustedProxies(["10.0.0.0/8"]).apply(given)

    assert given["scheme"] == scheme


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("10.1.2.3", [b"203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("192.0.2.1", [b"203.0.113.9"], "192.0.2.1"),
        (None, [b"203.0.113.9"], "unknown"),
    ],
)
def test_a_client_is_known_before_there_is_a_scope(
    peer: str | None, forwarded_for: list[bytes], client: str
) -> None:
    assert forwarding.TrustedProxies(["10.0.0.0/8"]).client(peer, forwarded_for) == client
