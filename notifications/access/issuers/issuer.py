"""Who may issue tokens, as ``HUB_JWT_ISSUERS`` has it: a list of objects, one for each issuer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub import env
from notifications.access import tokens
from notifications.access.issuers import keys
from notifications.access.issuers.keys import BadKeys, KeySet
from notifications.access.issuers.published_keys import PublishedKeys

LEEWAY_S = 30
MAX_LEEWAY_S = 300
MAX_TEXT = 2000
_SOURCES = ("jwks_url", "jwks", "secret")
_FIELDS = ("issuer", "audience", *_SOURCES, "person", "groups", "topics", "prefix", "create", "leeway_s")

# The name of a claim, or the names on the way to one within others.
Path = tuple[str, ...]


class BadIssuer(ValueError):
    """An entry that contradicts itself or is malformed; the text names the field and never shows a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Issuer:
    """One issuer. ``name`` is its ``iss``; ``audiences`` are of tokens that are meant for the hub.

    ``person``, ``groups`` and ``topics`` are the claims with a person's name (``prefix`` is prepended to it),
    the groups that they are put into, and live topics; without a path the claim is not read. ``create``
    makes people and groups that do not exist. Clocks may differ by ``leeway_s``.
    """

    name: str
    audiences: frozenset[str]
    keys: KeySet
    person: Path
    groups: Path
    topics: Path
    prefix: str
    create: bool
    leeway_s: float


_configured: tuple[object, dict[str, Issuer]] = ([], {})


def configured() -> dict[str, Issuer]:
    """The issuers of the settings, by name; raise `ImproperlyConfigured`. Their keys stay with them."""
    global _configured
    source = settings.HUB_JWT_ISSUERS
    if _configured[0] is not source:
        found, problems = parse(source)
        if problems:
            raise ImproperlyConfigured(problems[0])
        _configured = source, found
    return _configured[1]


def prepare() -> None:
    """Fetch the keys of all issuers in the background, so that the first clients of an instance do not wait;
    raise `ImproperlyConfigured`."""
    for issuer in configured().values():
        issuer.keys.renew()


def parse(entries: object) -> tuple[dict[str, Issuer], list[str]]:
    """The issuers by name, and what is wrong with the other entries."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return {}, ["HUB_JWT_ISSUERS: use a list of objects."]
    found: dict[str, Issuer] = {}
    problems = []
    for number, entry in enumerate(entries, start=1):
        try:
            issuer = _issuer(entry)
            if issuer.name in found:
                raise BadIssuer("issuer is that of an earlier entry: give each issuer once.")
            found[issuer.name] = issuer
        except BadIssuer as bad:
            problems.append(f"HUB_JWT_ISSUERS: entry {number}: {bad}")
    return found, problems


def _issuer(entry: object) -> Issuer:
    if not isinstance(entry, dict):
        raise BadIssuer('use an object: {"issuer": …, "audience": …, "jwks_url": …}.')
    if unknown := sorted(str(name) for name in entry if name not in _FIELDS):
        raise BadIssuer(f"{unknown[0][:40]!r} is no field of it: use {', '.join(_FIELDS)}.")
    name = _text(entry, "issuer")
    if name == tokens.ISSUER:
        raise BadIssuer(f"issuer: {name!r} is the hub itself: use the iss of your tokens.")
    return Issuer(
        name=name,
        audiences=_audiences(entry),
        keys=_keys(entry),
        person=_path(entry, "person") or ("sub",),
        groups=_path(entry, "groups"),
        topics=_path(entry, "topics"),
        prefix=_text(entry, "prefix") if entry.get("prefix", "") != "" else "",
        create=_flag(entry, "create"),
        leeway_s=_leeway_s(entry),
    )


def _text(entry: dict[str, Any], field: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= MAX_TEXT:
        raise BadIssuer(f"{field}: use a text of 1 to {MAX_TEXT} printable characters.")
    return value


def _flag(entry: dict[str, Any], field: str) -> bool:
    value = entry.get(field, False)
    if not isinstance(value, bool):
        raise BadIssuer(f"{field}: use true or false.")
    return value


def _leeway_s(entry: dict[str, Any]) -> float:
    value = entry.get("leeway_s", LEEWAY_S)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_LEEWAY_S:
        raise BadIssuer(f"leeway_s: use a number of seconds, 0 to {MAX_LEEWAY_S}.")
    return float(value)


def _audiences(entry: dict[str, Any]) -> frozenset[str]:
    value = entry.get("audience")
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise BadIssuer("audience: use the aud of tokens that are meant for the hub, or a list of them.")
    return frozenset(values)


def _path(entry: dict[str, Any], field: str) -> Path:
    value = entry.get(field)
    if value is None:
        return ()
    path = value if isinstance(value, list) else [value]
    if not path or not all(isinstance(name, str) and name for name in path):
        raise BadIssuer(f'{field}: use the name of a claim, or a path like ["realm_access", "roles"].')
    return tuple(path)


def _keys(entry: dict[str, Any]) -> KeySet:
    given = [field for field in _SOURCES if field in entry]
    if len(given) != 1:
        raise BadIssuer(f"use one of {', '.join(_SOURCES)}, not {' and '.join(given) or 'none'}.")
    field = given[0]
    make: dict[str, Callable[[], KeySet]] = {
        "jwks_url": lambda: PublishedKeys(_url(entry)),
        "jwks": lambda: keys.static(entry["jwks"]),
        "secret": lambda: keys.shared(_text(entry, "secret")),
    }
    try:
        return make[field]()
    except BadKeys as bad:
        raise BadIssuer(f"{field}: {bad}") from None


def _url(entry: dict[str, Any]) -> str:
    url = _text(entry, "jwks_url")
    bad = BadIssuer("jwks_url: use a URL like https://login.example.com/.well-known/jwks.json.")
    try:
        parts = urlsplit(url)
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise bad from None
    if not has_address or not url.isascii() or " " in url or parts.username is not None or parts.fragment:
        raise bad
    if parts.scheme != "https" and not (parts.scheme == "http" and env.loopback(parts.hostname or "")):
        raise BadIssuer("jwks_url: use https, beyond loopback: keys that came in clear may be anyone's.")
    return url
