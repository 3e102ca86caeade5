"""Tokens are JWTs that anybody's library reads, and that nobody else can write."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from notifications.access import seals

CLAIMS = {"sub": "7", "name": "Zoë", "topics": ["job-1"], "iat": 1763712345.678901}


def key() -> bytes:
    return next(iter(seals._keys().values()))


def encoded(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def test_a_library_reads_it() -> None:
    token = seals.sign(CLAIMS)

    assert jwt.decode(token, key(), algorithms=["HS256"], options={"verify_iat": False}) == CLAIMS
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid", "typ"}


def test_what_was_signed_is_read_as_it_was_said() -> None:
    assert seals.verify(seals.sign(CLAIMS)) == CLAIMS


def changed(part: int, to: Callable[[str], str]) -> Callable[[], str]:
    def make() -> str:
        parts = seals.sign(CLAIMS).split(".")
        parts[part] = to(parts[part])
        return ".".join(parts)

    return make


FORGERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "two parts": lambda: seals.sign(CLAIMS).rpartition(".")[0],
    "four parts": lambda: seals.sign(CLAIMS) + ".AAAA",
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
        CLAIMS, b"x" * 32, algorithm="HS256", headers=jwt.get_unverified_header(seals.sign(CLAIMS))
    ),
    "a lone surrogate": lambda: "\ud800.\ud800.\ud800",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_what_was_not_is_refused(forge: Callable[[], str]) -> None:
    with pytest.raises(seals.Forged):
        seals.verify(forge())


def test_what_the_secret_before_signed_is_read_while_that_is_a_fallback(settings: Any) -> None:
    token, sealed = seals.sign(CLAIMS), seals.seal("a-b")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, [settings.SECRET_KEY]

    assert seals.verify(token) == CLAIMS
    assert seals.unseal(sealed) == "a-b"
    assert seals.sign(CLAIMS) != token


@pytest.mark.parametrize("sealed", ["", "-", "a-b", "a-b-0123456789abcdef", "é-é", "\ud800-1"])
def test_a_seal_is_not_guessed(sealed: str) -> None:
    with pytest.raises(seals.Forged):
        seals.unseal(sealed)
