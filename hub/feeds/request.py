"""What a client says at a door, checked before anybody is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from hub import events, topics
from hub.errors import Problem
from hub.ports import Credentials
from hub.support import cookies, origins
from hub.support.asgi import Scope
from hub.support.headers import fields

MAX_TOPICS = 100
PARAMETERS = frozenset({"topic", "own", "last_event_id", "ticket"})


class Knock:
    """The request for a feed: credentials, topics, position. Raises `Problem`."""

    def __init__(
        self, scope: Scope, hosts: tuple[str, ...], allowed: frozenset[str], *, tls: bool = False
    ) -> None:
        headers = fields(scope["headers"])
        host = headers.get("host", "")
        origins.check_host(host, hosts)
        if scope.get("http_version") == "1.0":
            raise Problem(505, "A feed takes HTTP/1.1: a proxy has to speak it (proxy_http_version).")
        check_scheme(scope, tls)
        self.address = scope["client"][0] if scope.get("client") else "unknown"
        self.cors = _cors(headers, host, allowed)
        self.preflight = scope["method"] == "OPTIONS"
        if self.preflight:
            return
        if scope["method"] != "GET":
            raise Problem(405, "A feed is read with GET.")
        pairs = query(scope["query_string"], PARAMETERS)
        self.credentials = credentials(headers, pairs)
        self.topics = _topics(pairs)
        self.own = _own(pairs)
        self.after = _after(headers, pairs)


def check_scheme(scope: Scope, tls: bool) -> None:
    """With ``tls`` raise a `Problem` of 403 for what came in clear: a redirect comes too late for a token."""
    if tls and scope.get("scheme") not in ("https", "wss"):
        raise Problem(403, "This is served over https alone: use https, and replace the token.")


def _cors(headers: Mapping[str, str], host: str, allowed: frozenset[str]) -> list[tuple[bytes, bytes]]:
    origin = headers.get("origin")
    if origin is None:
        # An image or a link on a foreign page bears no Origin, but the cookie.
        if headers.get("sec-fetch-site") == "cross-site":
            raise origins.Foreign("A feed is not opened from another site.", headers.get("referer", ""))
        return []
    if origin in allowed:
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-headers", b"authorization, last-event-id"),
            (b"access-control-max-age", b"600"),
            (b"vary", b"origin"),
        ]
    if not origins.is_allowed(origin, "", host, ()):
        raise origins.Foreign("This origin may not read feeds here: add it to HUB_ALLOWED_ORIGINS.", origin)
    return []


def query(raw: bytes, known: frozenset[str]) -> list[tuple[str, str]]:
    """The parameters, in order; raise a `Problem` of 400 for one that is not known here."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_TOPICS + 10
        )
    except ValueError:
        raise Problem(400, "The query string cannot be read: encode it as UTF-8, percent-encoded.") from None
    for name, _ in pairs:
        if name not in known:
            raise Problem(400, f"{name[:40]!r} is not a parameter here: use {', '.join(sorted(known))}.")
    return pairs


def only(pairs: list[tuple[str, str]], name: str) -> str:
    values = [value for key, value in pairs if key == name]
    if len(values) > 1:
        raise Problem(400, f"{name} may be given once.")
    return values[0] if values else ""


def credentials(headers: Mapping[str, str], pairs: list[tuple[str, str]]) -> Credentials:
    authorization = headers.get("authorization", "")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem(401, "Use Authorization: Bearer with a subscriber token.")
        return Credentials(bearer=token.strip())
    if ticket := only(pairs, "ticket"):
        return Credentials(ticket=ticket)
    return Credentials(session=cookies.session(headers.get("cookie", "")))


def _topics(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(value for key, value in pairs if key == "topic"))
    if len(names) > MAX_TOPICS:
        raise Problem(400, f"A feed carries at most {MAX_TOPICS} topics: open another, or publish to fewer.")
    try:
        names = tuple(topics.check(name) for name in names)
    except topics.BadTopic as bad:
        raise Problem(400, str(bad)) from None
    if any(map(topics.is_room, names)):
        raise Problem(400, "What is said in a room is heard in it: open its WebSocket at /rooms/<name>/.")
    return names


def _own(pairs: list[tuple[str, str]]) -> bool:
    own = only(pairs, "own")
    if own not in ("", "0", "1"):
        raise Problem(400, "own is 0 or 1.")
    return own != "0"


def _after(headers: Mapping[str, str], pairs: list[tuple[str, str]]) -> int | None:
    asked = only(pairs, "last_event_id")
    given = headers.get("last-event-id", "") or asked
    try:
        return events.position(given) if given else None
    except ValueError as bad:
        raise Problem(400, str(bad)) from None
