"""Keys of an issuer, and tokens that they sign."""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm

ISSUER = "https://login.example.com/"
AUDIENCE = "https://hub.example.com"
SECRET = "a secret of more than thirty-two bytes"


class Signer:
    """A key with an id."""

    def __init__(self, id: str | None, algorithm: str, private: Any, public: dict[str, Any]) -> None:
        self.id = id
        self.algorithm = algorithm
        self.private = private
        self.jwk = {**public, "use": "sig", **({} if id is None else {"kid": id})}

    def token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is right but for these claims; None leaves one out."""
        now = time.time()
        right = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600}
        given = {name: value for name, value in {**right, **claims}.items() if value is not None}
        named = {} if self.id is None else {"kid": self.id}
        return jwt.encode(given, self.private, self.algorithm, {**named, **(headers or {})})


def rs256(id: str | None = "rsa", bits: int = 2048) -> Signer:
    private = rsa.generate_private_key(65537, bits)
    return Signer(id, "RS256", private, RSAAlgorithm.to_jwk(private.public_key(), as_dict=True))


def es256(id: str | None = "ec", curve: ec.EllipticCurve | None = None) -> Signer:
    private = ec.generate_private_key(curve or ec.SECP256R1())
    return Signer(id, "ES256", private, ECAlgorithm.to_jwk(private.public_key(), as_dict=True))


def hs256(id: str | None = None, secret: str = SECRET) -> Signer:
    return Signer(id, "HS256", secret, HMACAlgorithm.to_jwk(secret, as_dict=True))


def entry(**fields: Any) -> dict[str, Any]:
    """An entry of HUB_JWT_ISSUERS."""
    return {"issuer": ISSUER, "audience": AUDIENCE, **fields}


RSA, EC, SHARED = rs256(), es256(), hs256()
JWKS = {"keys": [RSA.jwk, EC.jwk]}
