"""Keys that verify tokens, from a JSON Web Key Set (RFC 7517); the kind of a key decides its algorithm."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK

ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}
PUBLIC = frozenset({"RS256", "ES256"})
SYMMETRIC = frozenset({"HS256"})
CURVE = "P-256"
RSA_BITS = range(2048, 8193)
MIN_SECRET_BYTES = 32  # of HS256 (RFC 7518, 3.2)
MAX_KEYS = 30  # in a set
# What is read of a key: not its private half, which some sets contain by mistake.
_MATERIAL = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "oct": ("k",)}


class BadKeys(ValueError):
    """No key set, or none with a key for signatures; the text never contains a key."""


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One key. ``id`` is its ``kid``, None without one; ``fingerprint`` is the same for the same key."""

    id: str | None
    algorithm: str
    jwk: PyJWK
    fingerprint: str


class KeySet:
    """The keys of an issuer. They change only in a subclass."""

    def __init__(self, keys: Sequence[Key], algorithms: frozenset[str]) -> None:
        self.keys = tuple(keys)
        self.algorithms = algorithms

    def newer(self, asked: float) -> Future[None] | None:
        """What to wait for until the keys are newer than that moment (monotonic); None if they are."""
        return None

    def renew(self) -> None:
        """Called at every use."""


def static(document: Any) -> KeySet:
    """The keys of a set that is part of the settings; raise `BadKeys` if any of them cannot be used."""
    listed = _listed(document)
    if any("d" in jwk for jwk in listed):
        raise BadKeys("it contains a private key: give the public half.")
    found = _keys(listed, symmetric=True)
    if not found or len(found) < len(listed):
        raise BadKeys(
            "a key in it cannot be used: give RSA keys of 2048 to 8192 bits, EC keys on P-256, or oct keys "
            f"of at least {MIN_SECRET_BYTES} bytes."
        )
    return KeySet(found, frozenset(key.algorithm for key in found))


def shared(secret: str) -> KeySet:
    """The key that is a secret; raise `BadKeys` if that is too short."""
    k = urlsafe_b64encode(secret.encode()).decode()
    found = _keys([{"kty": "oct", "k": k}], symmetric=True)
    if not found:
        raise BadKeys(f"use at least {MIN_SECRET_BYTES} random bytes.")
    return KeySet(found, SYMMETRIC)


def published(document: Any) -> list[Key]:
    """The usable keys of a set that anyone can read, hence no secrets; raise `BadKeys` if there are none."""
    found = _keys(_listed(document), symmetric=False)
    if not found:
        raise BadKeys("it has no key for RS256 or ES256 signatures.")
    return found


def _listed(document: Any) -> list[dict[str, Any]]:
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(jwk, dict) for jwk in listed):
        raise BadKeys('it is no JSON Web Key Set: {"keys": [{…}, …]}.')
    if len(listed) > MAX_KEYS:
        raise BadKeys(f"it has more than {MAX_KEYS} keys.")
    return listed


def _keys(listed: Iterable[dict[str, Any]], *, symmetric: bool) -> list[Key]:
    return [key for jwk in listed if (key := _key(jwk)) and (symmetric or key.algorithm in PUBLIC)]


def _key(jwk: dict[str, Any]) -> Key | None:
    """None for a key of another use or kind, or one that is malformed."""
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in ALGORITHMS:
        return None
    algorithm, operations = ALGORITHMS[kind], jwk.get("key_ops", ["verify"])
    verifies = jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    if not verifies or jwk.get("alg", algorithm) != algorithm:
        return None
    material = {"kty": kind, **{name: jwk.get(name) for name in _MATERIAL[kind]}}
    try:
        parsed = PyJWK(material, algorithm)
    except Exception:  # whatever the libraries raise for material that is none
        return None
    if not _is_strong(kind, material, parsed.key):
        return None
    id = jwk.get("kid")
    id = id if isinstance(id, str) else None
    text = json.dumps([id, material], sort_keys=True)
    return Key(id, algorithm, parsed, hashlib.sha256(text.encode()).hexdigest())


def _is_strong(kind: str, material: dict[str, Any], key: Any) -> bool:
    if kind == "RSA":
        return int(key.key_size) in RSA_BITS
    if kind == "EC":
        return bool(material["crv"] == CURVE)
    return len(key) >= MIN_SECRET_BYTES
