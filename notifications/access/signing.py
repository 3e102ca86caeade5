"""Signs and verifies the hub's JSON Web Tokens (RFC 7519, HS256) and sealed ids.

A token's header is not parsed: it has to equal one that the hub writes, byte for byte. That leaves the sender
no choice of algorithm, and takes a tenth of a parser's time at every connect.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

SEAL_BYTES = 8


class Forged(ValueError):
    """Not signed by the hub, or truncated."""


def sign(claims: dict[str, Any]) -> str:
    """The token with these claims."""
    head, key = next(iter(keys().items()))
    signed = f"{head}.{_encoded(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{signed}.{_signature(signed, key)}"


def verify(token: str) -> dict[str, Any]:
    """The claims of a token, expired or not; raise `Forged`."""
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    key = keys().get(head)
    if key is None or not signature.isascii() or not body.isascii():
        raise Forged
    if not hmac.compare_digest(_signature(signed, key), signature):
        raise Forged
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def is_own(token: str) -> bool:
    """Whether its header is one that the hub writes: then the hub alone verifies it."""
    return token.partition(".")[0] in keys()


def seal(text: str) -> str:
    """``text-signature``."""
    return _sealed(text, next(iter(keys().values())))


def unseal(sealed: str) -> str:
    """The text of a sealed one; raise `Forged`."""
    text = sealed.rpartition("-")[0]
    if not sealed.isascii() or not any(
        hmac.compare_digest(_sealed(text, key), sealed) for key in keys().values()
    ):
        raise Forged
    return text


def keys() -> dict[str, bytes]:
    """By token header: the first key signs, the others (of fallback secrets) only verify."""
    return _derived((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _derived(secrets: tuple[str, ...]) -> dict[str, bytes]:
    keys = {}
    for secret in secrets:
        key = salted_hmac("hub.subscriber", "token", secret, algorithm="sha256").digest()
        kid = hashlib.sha256(b"kid:" + key).hexdigest()[:8]
        keys[_encoded(json.dumps({"alg": "HS256", "kid": kid, "typ": "JWT"}).encode())] = key
    return keys


def _signature(signed: str, key: bytes) -> str:
    return _encoded(hmac.digest(key, signed.encode(), "sha256"))


def _sealed(text: str, key: bytes) -> str:
    return f"{text}-{hmac.digest(key, b'seal:' + text.encode(), 'sha256')[:SEAL_BYTES].hex()}"


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
