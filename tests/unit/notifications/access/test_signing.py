"""Tokens are JWTs that anybody's library reads, and that nobody else can write."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from notifications.access import signing

CLAIMS = {"sub": "7", "name": "Zoë", "topics": ["job-1"], "iat": 1763712345.678901}


def key() -> bytes:
    return next(iter(signing.keys().values()))


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_library_reads_it() -> None:
    token = signing.sign(CLAIMS)

    assert jwt.decode(token, key(), algorithms=["HS256"], options={"verify_iat": False}) == CLAIMS
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid", "typ"}


def test_what_was_signed_is_read_unchanged() -> None:
    assert signing.verify(signing.sign(CLAIMS)) == CLAIMS


def changed(part: int, to: Callable[[str], str]) -> Callable[[], str]:
    def make() -> str:
        parts = signing.sign(CLAIMS).split(".")
        parts[part] = to(parts[part])
        return ".".join(parts)

    return make


FORGERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "two parts": lambda: signing.sign(CLAIMS).rpartition(".")[0],
    "four parts": lambda: signing.sign(CLAIMS) + ".AAAA",
    "another body": changed(1, lambda body: encoded({**CLAIMS, "sub": "1"})),
    "a body with a tail": changed(1, lambda body: body + "="),
    "another signature": changed(2, lambda seal: ("B" if seal[0] == "A" else "A") + seal[1:]),
    "another spelling of the signature": changed(2, lambda seal: seal + "="),
    "no signature": changed(2, lambda seal: ""),
    "a signature that is no text": changed(2, lambda seal: "é" * 43),
    "a body that is no text": changed(1, lambda body: "é"),
    "no algorithm": changed(0, lambda head: encoded({"alg": "none", "typ": "JWT"})),
    "an unknown key": changed(0, lambda head: encoded({"alg": "HS256", "kid": "0", "typ": "JWT"})),
    "no key named": lambda: jwt.encode(CLAIMS, key(), algorithm="HS256"),
    "another secret": lambda: jwt.encode(
        CLAIMS, b"x" * 32, algorithm="HS256", headers=jwt.get_unverified_header(signing.sign(CLAIMS))
    ),
    "a lone surrogate": lambda: "\ud800.\ud800.\ud800",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_what_was_not_is_refused(forge: Callable[[], str]) -> None:
    with pytest.raises(signing.Forged):
        signing.verify(forge())


def test_what_the_secret_before_signed_is_read_while_that_is_a_fallback(settings: Any) -> None:
    token, sealed = signing.sign(CLAIMS), signing.seal("a-b")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, [settings.SECRET_KEY]

    assert signing.verify(token) == CLAIMS
    assert signing.unseal(sealed) == "a-b"
    assert signing.sign(CLAIMS) != token


@pytest.mark.parametrize("sealed", ["", "-", "a-b", "a-b-0123456789abcdef", "é-é", "\ud800-1"])
def test_a_seal_is_not_guessed(sealed: str) -> None:
    with pytest.raises(signing.Forged):
        signing.unseal(sealed)
