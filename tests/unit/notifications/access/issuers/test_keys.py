"""Which keys of a set are used: for signatures, of the three algorithms, and strong enough."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from notifications.access.issuers import keys
from notifications.access.issuers.keys import BadKeys
from tests.unit.notifications.access.issuers.signers import EC, RSA, es256, hs256, rs256


def test_the_kind_of_a_key_decides_its_algorithm() -> None:
    found = keys.static({"keys": [RSA.jwk, EC.jwk, hs256("shared").jwk]})

    assert [(key.id, key.algorithm) for key in found.keys] == [
        ("rsa", "RS256"),
        ("ec", "ES256"),
        ("shared", "HS256"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {**RSA.jwk, "use": "enc"},
        {**RSA.jwk, "key_ops": ["encrypt"]},
        {**RSA.jwk, "key_ops": 7},
        {**RSA.jwk, "alg": "PS256"},
        {**RSA.jwk, "alg": "HS256"},
        {**RSA.jwk, "n": None},
        {**RSA.jwk, "n": 7},
        {**RSA.jwk, "n": "***"},
        {**RSA.jwk, "kty": "OKP"},
        {**RSA.jwk, "kty": ["RSA"]},
        {**EC.jwk, "crv": "P-521"},
        {**EC.jwk, "crv": None},
        {**EC.jwk, "x": EC.jwk["y"]},
        {"kty": "EC", "kid": "cut"},
        {},
        rs256(bits=1024).jwk,
        es256(curve=ec.SECP384R1()).jwk,
        hs256("secret").jwk,
    ],
)
def test_other_keys_are_passed_over(other: dict[str, Any]) -> None:
    assert [key.id for key in keys.published({"keys": [other, EC.jwk]})] == ["ec"]


def test_a_secret_has_at_least_32_bytes() -> None:
    assert keys.shared("é" * 16).keys
    with pytest.raises(BadKeys, match="at least 32"):
        keys.shared("a" * 31)


def test_a_key_without_an_id_is_used() -> None:
    (key,) = keys.published({"keys": [rs256(None).jwk]})

    assert key.id is None


def test_the_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    def fingerprint(jwk: dict[str, Any]) -> str:
        return keys.published({"keys": [jwk]})[0].fingerprint

    same = {**dict(reversed(RSA.jwk.items())), "x5t": "x", "alg": "RS256"}

    assert fingerprint(same) == fingerprint(RSA.jwk)
    assert fingerprint({**RSA.jwk, "kid": "other"}) != fingerprint(RSA.jwk)
    assert fingerprint(rs256("rsa").jwk) != fingerprint(RSA.jwk)


@pytest.mark.parametrize("signer", [RSA, EC])
def test_the_private_half_of_a_key_is_not_read(signer: Any) -> None:
    algorithm: Any = RSAAlgorithm if signer is RSA else ECAlgorithm
    private = {**algorithm.to_jwk(signer.private, as_dict=True), "kid": signer.id, "key_ops": ["verify"]}

    (key,) = keys.published({"keys": [private]})

    assert not hasattr(key.jwk.key, "private_numbers")
    with pytest.raises(BadKeys, match="private key"):
        keys.static({"keys": [private]})


def test_a_set_in_the_settings_has_no_key_that_cannot_be_used() -> None:
    with pytest.raises(BadKeys, match="cannot be used"):
        keys.static({"keys": [RSA.jwk, rs256(bits=1024).jwk]})


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": ["x"]}, {"keys": []}])
def test_what_is_no_key_set_is_refused(document: Any) -> None:
    with pytest.raises(BadKeys):
        keys.static(document)
