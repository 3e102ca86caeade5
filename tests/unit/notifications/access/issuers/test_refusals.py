"""A token that is not right is refused with 401, by feed and API alike, which say what is wrong with it."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User

from tests.unit.notifications.access.issuers.conftest import Configure, accepted, refusal
from tests.unit.notifications.access.issuers.signers import (
    AUDIENCE,
    EC,
    ISSUER,
    JWKS,
    RSA,
    SECRET,
    SHARED,
    Signer,
    es256,
    hs256,
    rs256,
)
from tests.unit.notifications.conftest import Caller

HOUR = 3600


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(algorithm: str) -> str:
    _, claims, _ = RSA.token().split(".")
    return f"{segment({'alg': algorithm, 'typ': 'JWT', 'kid': 'rsa'})}.{claims}."


def confused(form: PublicFormat = PublicFormat.SubjectPublicKeyInfo, key: Any = RSA) -> str:
    """HS256, with the public key as the secret."""
    secret = key.private.public_key().public_bytes(Encoding.PEM, form)
    head = segment({"alg": "HS256", "typ": "JWT", "kid": key.id})
    signed = f"{head}.{key.token().split('.')[1]}"
    return f"{signed}.{segment(hmac.digest(secret, signed.encode(), 'sha256'))}"


def other_claims(token: str) -> str:
    head, _, signature = token.split(".")
    claims = RSA.token(sub="bob").split(".")[1]
    return f"{head}.{claims}.{signature}"


def payload(text: bytes) -> str:
    """These bytes as the claims, rightly signed."""
    return jwt.PyJWS().encode(text, RSA.private, "RS256", {"kid": "rsa"})


def right(**claims: Any) -> bytes:
    """Claims that are right but for these."""
    given = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": int(time.time()) + HOUR, **claims}
    return json.dumps({name: value for name, value in given.items() if value is not None}).encode()


def signed(**claims: Any) -> str:
    """A token with claims that PyJWT would not sign."""
    return payload(right(**claims))


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "unknown issuer": (lambda: RSA.token(iss="https://evil.example.com/"), "issuer is unknown"),
    "an issuer but for its slash": (lambda: RSA.token(iss="https://login.example.com"), "issuer is unknown"),
    "no issuer": (lambda: RSA.token(iss=None), "issuer is unknown"),
    "issuers in a list": (lambda: payload(b'{"iss": ["https://login.example.com/"]}'), "issuer is unknown"),
    "the hub as issuer": (lambda: RSA.token(iss="hub", aud="hub"), "issuer is unknown"),
    "unknown key": (lambda: RSA.token({"kid": "other"}), "key is unknown (kid 'other')"),
    "another's key": (lambda: rs256("mallory").token(), "key is unknown"),
    "another's key by our id": (lambda: rs256("rsa").token(), "signature is not by the key"),
    "another's EC key by our id": (lambda: es256("ec").token(), "signature is not by the key"),
    "another's key and no id": (lambda: rs256(None).token(), "no RS256 key of its issuer has signed it"),
    "a key that the token brings": (
        lambda: rs256(None).token({"jwk": rs256().jwk, "jku": "https://evil.example.com/jwks"}),
        "no RS256 key",
    ),
    "alg none": (lambda: unsigned("none"), 'alg "none"'),
    "alg None": (lambda: unsigned("None"), 'alg "none"'),
    "alg NONE": (lambda: unsigned("NONE"), 'alg "none"'),
    "no signature": (lambda: RSA.token().rpartition(".")[0] + ".", "signature is not by the key"),
    "HS256 by the public key": (confused, "algorithm is 'HS256', and the keys of its issuer are for"),
    "HS256 by the public key, PKCS 1": (lambda: confused(PublicFormat.PKCS1), "algorithm is 'HS256'"),
    "HS256 by the public EC key": (lambda: confused(key=EC), "algorithm is 'HS256'"),
    "RS256 with the id of the EC key": (lambda: RSA.token({"kid": "ec"}), "the key 'ec' is for ES256"),
    "ES256 with the id of the RSA key": (lambda: EC.token({"kid": "rsa"}), "the key 'rsa' is for RS256"),
    "RS512": (
        lambda: jwt.encode({"iss": "https://login.example.com/"}, RSA.private, "RS512", {"kid": "rsa"}),
        "algorithm is 'RS512'",
    ),
    "wrong audience": (lambda: RSA.token(aud="https://shop.example.com"), "another audience"),
    "no audience": (lambda: RSA.token(aud=None), "another audience"),
    "other audiences": (lambda: RSA.token(aud=["a", "b"]), "another audience"),
    "an audience that is none": (lambda: RSA.token(aud=7), "another audience"),
    "expired": (lambda: RSA.token(exp=time.time() - 1), "expired"),
    "no expiry": (lambda: RSA.token(exp=None), "never expires"),
    "an expiry that is text": (lambda: signed(exp="9"), "exp is malformed"),
    "an expiry in milliseconds": (lambda: RSA.token(exp=time.time() * 1000), "exp is malformed"),
    "an infinite expiry": (
        lambda: payload(right(exp=None)[:-1] + b', "exp": 1e999}'),
        "exp is malformed",
    ),
    "an expiry that is a huge integer": (lambda: RSA.token(exp=10**400), "exp is malformed"),
    "an expiry that is true": (lambda: signed(exp=True), "exp is malformed"),
    "iat ahead": (lambda: RSA.token(iat=time.time() + HOUR), "iat is 3600 s ahead"),
    "nbf ahead": (lambda: RSA.token(nbf=time.time() + HOUR), "nbf is 3600 s ahead"),
    "iat that is text": (lambda: signed(iat="now"), "iat is malformed"),
    "no sub": (lambda: RSA.token(sub=None), "names no person"),
    "an empty sub": (lambda: RSA.token(sub=""), "names no person"),
    "a sub that is a list": (lambda: signed(sub=["alice"]), "names no person"),
    "a sub that is true": (lambda: signed(sub=True), "names no person"),
    "a sub with a NUL": (lambda: RSA.token(sub="al\x00ice"), "claim sub is malformed"),
    "a sub with half a character": (lambda: RSA.token(sub="al\ud800ice"), "claim sub is malformed"),
    "a sub with a space before it": (lambda: RSA.token(sub=" alice"), "claim sub is malformed"),
    "unknown person": (lambda: RSA.token(sub="mallory"), "there is no person 'mallory'"),
    "a person whose name is too long": (lambda: RSA.token(sub="a" * 1000), "there is no person"),
    "claims of another token": (lambda: other_claims(RSA.token()), "signature is not by the key"),
    "cut": (lambda: RSA.token()[:-2], "signature is not by the key"),
    "not base64": (lambda: "a.b.c", "malformed"),
    "not JSON": (lambda: f"{segment(b'x')}.{segment(b'y')}.{segment(b'z')}", "malformed"),
    "a header that is a list": (lambda: f"{segment([])}.{segment({})}.", "malformed"),
    "claims that are a list": (lambda: payload(b"[]"), "malformed"),
    "claims that are deep": (lambda: payload(b"[" * 9000), "malformed"),
    "claims that are a number of many digits": (lambda: payload(b"9" * 5000), "malformed"),
    "a key id that is a number": (lambda: f"{segment({'alg': 'RS256', 'kid': 7})}.e30.", "malformed"),
    "an algorithm that is a number": (lambda: f"{segment({'alg': 7})}.{segment({})}.", 'alg "none"'),
    "an extension that is critical": (
        lambda: f"{segment({'alg': 'RS256', 'crit': ['x'], 'x': 1})}.{segment({})}.",
        "malformed",
    ),
    "too long": (lambda: RSA.token(x="x" * 17_000), "malformed"),
}


@pytest.mark.parametrize("call", ["feed", "api"])
@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_wrong_is_named(alice: User, configure: Configure, wrong: str, call: str) -> None:
    make, reason = REFUSED[wrong]

    status, detail = refusal(make(), call)

    assert status == 401
    assert detail.startswith("This token is refused: ")
    assert reason in detail


@pytest.mark.parametrize("signer", [RSA, EC], ids=["RS256", "ES256"])
def test_a_right_token_is_accepted(alice: User, configure: Configure, signer: Signer) -> None:
    claims = accepted(signer.token())

    assert (claims.user, claims.name, claims.own) == (str(alice.pk), "alice", True)


def test_a_shared_secret_accepts_hs256_by_whatever_key_id(alice: User, configure: Configure) -> None:
    configure(secret=SECRET)

    assert accepted(SHARED.token()).user == str(alice.pk)
    assert accepted(hs256("any").token()).user == str(alice.pk)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: hs256(secret="another secret of thirty-two bytes").token(), "no HS256 key"),
        (lambda: unsigned("none"), 'alg "none"'),
        (lambda: RSA.token(), "algorithm is 'RS256', and the keys of its issuer are for HS256 only"),
        (lambda: EC.token(), "algorithm is 'ES256'"),
    ],
)
def test_a_shared_secret_accepts_nothing_else(
    alice: User, configure: Configure, make: Callable[[], str], reason: str
) -> None:
    configure(secret=SECRET)

    status, detail = refusal(make())

    assert status == 401
    assert reason in detail


def test_the_secret_of_one_issuer_signs_for_no_other(alice: User, configure: Configure) -> None:
    configure({"secret": SECRET}, {"issuer": "https://other.example.com/", "jwks": JWKS})

    assert "algorithm is 'HS256'" in refusal(SHARED.token(iss="https://other.example.com/"))[1]
    assert "algorithm is 'RS256'" in refusal(RSA.token())[1]


def test_clocks_may_differ_by_the_leeway(alice: User, configure: Configure) -> None:
    ahead = time.time() + 20

    assert accepted(RSA.token(iat=ahead, nbf=ahead)).user == str(alice.pk)
    configure(jwks=JWKS, leeway_s=5)
    assert "iat is" in refusal(RSA.token(iat=ahead))[1]


def test_one_of_several_audiences_is_enough(alice: User, configure: Configure) -> None:
    configure(jwks=JWKS, audience=["one", AUDIENCE])

    assert accepted(RSA.token(aud=["two", AUDIENCE])).user == str(alice.pk)


def test_a_token_needs_neither_iat_nor_a_key_id(alice: User, configure: Configure) -> None:
    configure(jwks={"keys": [EC.jwk, RSA.jwk]})

    assert accepted(Signer(None, "RS256", RSA.private, {}).token(iat=None)).user == str(alice.pk)


def test_a_token_that_expires_after_it_was_verified_is_refused(
    alice: User, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = RSA.token()
    assert accepted(token).user == str(alice.pk)

    later = time.time() + HOUR
    monkeypatch.setattr(time, "time", lambda: later)

    assert "expired" in refusal(token)[1]


def test_the_claims_end_when_the_token_does(alice: User, configure: Configure) -> None:
    exp = int(time.time()) + 60

    assert accepted(RSA.token(exp=exp)).expires_at == exp


def test_a_refusal_and_the_log_contain_no_token(
    alice: User, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = [RSA.token(sub="mallory"), RSA.token(aud="x"), rs256().token(), RSA.token()[:-2]]

    details = [refusal(token, call)[1] for token in tokens for call in ("feed", "api")]

    for token in tokens:
        for part in token.split("."):
            assert part not in caplog.text
            assert not [detail for detail in details if part in detail]


def test_tokens_of_the_hub_itself_go_on_to_work(
    alice: User, configure: Configure, token_of: Callable[[User], str]
) -> None:
    assert Caller(bearer=token_of(alice)).get("notifications/count").status == 200


def test_without_issuers_a_foreign_token_is_no_subscriber_token(alice: User, configure: Configure) -> None:
    configure()

    assert refusal(RSA.token()) == (401, "This is not a valid subscriber token.")
