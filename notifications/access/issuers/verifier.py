"""Verifies a token of a configured issuer: its algorithm, key, signature, audience, times and claims.

A refusal is a `Problem` of 401 that says which of them is wrong. Makes no query.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NoReturn

from jwt import PyJWS, PyJWTError

from hub import topics
from hub.errors import Problem
from notifications.access.issuers import issuer as issuers
from notifications.access.issuers.issued_token import IssuedToken, TokenCache
from notifications.access.issuers.issuer import Issuer, Path
from notifications.access.issuers.keys import ALGORITHMS, Key

MAX_TOKEN = 16_384  # characters
MAX_GROUPS = 200
MAX_TOPICS = 100
MAX_GROUP_NAME = 150  # characters, as Django's
MAX_SECONDS = 100_000_000_000  # beyond it a time is in milliseconds

cache = TokenCache()
_jws = PyJWS(algorithms=[*ALGORITHMS.values()])


def check(token: str, asked: float) -> IssuedToken | Future[None]:
    """The token, verified; or what to wait for before asking again with the same moment (monotonic).

    Raises a `Problem` of 401, or of 503 while the keys of its issuer cannot be fetched.
    """
    digest = digest_of(token)
    known = cache.get(digest)
    if known is not None and known.is_current(issuers.configured().get(known.issuer.name)):
        known.issuer.keys.renew()
        if known.expires_at <= time.time():
            _refuse("it has expired: request a new one.")
        return known
    head, claims = _parsed(token)
    issuer, algorithm = _issuer(head, claims), head["alg"]
    issuer.keys.renew()
    key = _key(issuer, head.get("kid"), algorithm, token)
    if key is None and (newer := issuer.keys.newer(asked)) is not None:
        return newer
    key = key or _key(issuer, head.get("kid"), algorithm, token)  # it may have been fetched meanwhile
    if key is None:
        _refuse(_no_key(head.get("kid"), algorithm))
    verified = _verified(issuer, key, claims, digest)
    cache.put(digest, verified)
    return verified


def digest_of(token: str) -> bytes:
    """By what a token is remembered."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _refuse(reason: str) -> NoReturn:
    raise Problem(401, f"This token is refused: {reason}")


def _parsed(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims, before anything of them is verified."""
    try:
        if len(token) > MAX_TOKEN:
            raise ValueError
        parsed = _jws.decode_complete(token, options={"verify_signature": False})
        head, claims = parsed["header"], json.loads(parsed["payload"])
    except (PyJWTError, ValueError, RecursionError):
        head, claims = {}, None
    if not isinstance(claims, dict):
        _refuse("it is malformed: send a JSON Web Token, signed, whole and as it was issued.")
    return head, claims


def _issuer(head: dict[str, Any], claims: dict[str, Any]) -> Issuer:
    """The issuer, whose keys are for the token's algorithm."""
    algorithm = head.get("alg")
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        _refuse('it is not signed (alg "none"): sign it with a key of its issuer.')
    name = claims.get("iss")
    issuer = issuers.configured().get(name) if isinstance(name, str) else None
    if issuer is None:
        _refuse(f"its issuer is unknown (iss {_shown(name)}): HUB_JWT_ISSUERS lists those that are accepted.")
    if algorithm not in issuer.keys.algorithms:
        accepted = " or ".join(sorted(issuer.keys.algorithms))
        _refuse(f"its algorithm is {_shown(algorithm)}, and the keys of its issuer are for {accepted} only.")
    return issuer


def _key(issuer: Issuer, id: str | None, algorithm: str, token: str) -> Key | None:
    """The key that signed the token; None if no key has the id that the token names, and none of those that
    have no id, or are not named, signed it."""
    named = [key for key in issuer.keys.keys if id is not None and key.id == id]
    if named and all(key.algorithm != algorithm for key in named):
        _refuse(f"its algorithm is {algorithm}, and the key {_shown(id)} is for {named[0].algorithm}.")
    for key in named or issuer.keys.keys:
        if key.algorithm == algorithm and (named or id is None or key.id is None) and _signed(token, key):
            return key
    if named:
        _refuse("its signature is not by the key that it names: send it whole and as it was issued.")
    return None


def _signed(token: str, key: Key) -> bool:
    try:
        _jws.decode_complete(token, key.jwk, [key.algorithm])
    except PyJWTError:
        return False
    return True


def _no_key(id: str | None, algorithm: str) -> str:
    if id is None:
        return f"no {algorithm} key of its issuer has signed it, and it names none (kid)."
    return f"its key is unknown (kid {_shown(id)}): its issuer has no such key."


def _verified(issuer: Issuer, key: Key, claims: dict[str, Any], digest: bytes) -> IssuedToken:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(one, str) and one in issuer.audiences for one in audiences):
        _refuse(f"it is meant for another audience (aud {_shown(audience)}): request one for this hub.")
    now = time.time()
    expires_at, starts_at, issued_at = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires_at is None:
        _refuse("it never expires: have its issuer set exp.")
    if expires_at <= now:
        _refuse("it has expired: request a new one.")
    for name, at in (("nbf", starts_at), ("iat", issued_at)):
        if at is not None and at > now + issuer.leeway_s:
            _refuse(f"its {name} is {at - now:.0f} s ahead: set the clock of its issuer, or the hub's.")
    return IssuedToken(
        issuer,
        key,
        name=issuer.prefix + _person(issuer, claims),
        groups=_names(claims, issuer.groups, MAX_GROUPS, _group),
        topics=_names(claims, issuer.topics, MAX_TOPICS, _topic) or (),
        issued_at=issued_at or starts_at or 0.0,
        expires_at=int(expires_at),
        id=digest.hex()[:32],
    )


def _time(claims: dict[str, Any], name: str) -> float | None:
    """A claim that is a Unix time; None without it."""
    at = claims.get(name)
    if at is None:
        return None
    if isinstance(at, bool) or not isinstance(at, int | float):
        _refuse(f"its {name} is malformed: use a number of seconds.")
    if not 0 <= at < MAX_SECONDS:
        _refuse(f"its {name} is malformed: use seconds since 1970, not milliseconds.")
    return float(at)


def _at(claims: dict[str, Any], path: Path) -> Any:
    """The claim at a path; None without it."""
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _person(issuer: Issuer, claims: dict[str, Any]) -> str:
    named = _at(claims, issuer.person)
    if isinstance(named, int) and not isinstance(named, bool):
        named = str(named)
    if not isinstance(named, str) or not named:
        _refuse(f"it names no person: have its issuer set the claim {'.'.join(issuer.person)}.")
    if not named.isprintable() or named != named.strip():
        _refuse(f"its claim {'.'.join(issuer.person)} is malformed: use printable characters.")
    return named


def _names(
    claims: dict[str, Any], path: Path, limit: int, valid: Callable[[str], bool]
) -> tuple[str, ...] | None:
    """The names in a claim, a list or one name; None if it is not read or not given."""
    listed = _at(claims, path) if path else None
    if listed is None:
        return None
    names = [listed] if isinstance(listed, str) else listed
    claim = ".".join(path)
    if not isinstance(names, list) or len(names) > limit:
        _refuse(f"its claim {claim} is malformed: use a list of up to {limit} names.")
    for name in names:
        if not isinstance(name, str) or not valid(name):
            _refuse(f"its claim {claim} is malformed: {_shown(name)} cannot be in it.")
    return tuple(dict.fromkeys(names))


def _group(name: str) -> bool:
    return name.isprintable() and 1 <= len(name) <= MAX_GROUP_NAME


def _topic(name: str) -> bool:
    """Whether it is a live topic: inboxes and rooms are opened by groups and membership."""
    try:
        topics.check_live(name)
    except topics.BadTopic:
        return False
    return True


def _shown(value: object) -> str:
    return repr(value)[:80]
