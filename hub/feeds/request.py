"""Parses and validates the request for a feed, before anyone is authenticated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub import topics
from hub.errors import Problem
from hub.feeds.body import parameters
from hub.feeds.markup import MARKUP
from hub.feeds.translation import EXTENSION, Translation
from hub.ports import Credentials
from hub.support import origins
from hub.support.asgi import Scope
from hub.support.cors import CorsRule
from hub.support.request import Query, Request, position

MAX_TOPICS = 100
MAX_WAIT_S = 60  # below the 75 s that nginx waits for an answer
# What helpers of EventSource call the position to resume from.
RESUME = frozenset(
    {
        "last_event_id",
        "lastEventId",
        "lastEventID",
        "lasteventid",
        "last-event-id",
        "Last-Event-ID",
        "Last-Event-Id",
    }
)
PARAMETERS = frozenset({"topic", "own", "ticket", "wait", "acks", "latest", "format", *RESUME})
FORMATS = ("json", "html")
METHODS = ("GET", "HEAD", "POST")
CORS = CorsRule(", ".join(METHODS), "authorization, content-type, last-event-id", credentials=True)


class FeedRequest(Request):
    """The request for a feed. Raises `ForeignOrigin` for a page that may not read feeds.

    ``cors`` are headers of every response to it, refusals included. The rest is set by `read`: ``topics`` are
    those named in the query or the body, ``own`` says whether those of the user's inbox are requested,
    ``acknowledges`` whether the client will acknowledge what it receives, ``repeats_values`` whether a poll
    that resumes brings the last event of each key, ``html`` whether it reads markup, ``after`` is the
    position to resume from, ``wait_s`` the time that a poll waits, None for a stream. ``translation`` is
    what the client reads in place of the feed's own blocks.
    """

    credentials: Credentials
    topics: tuple[str, ...]
    own: bool
    acknowledges: bool
    repeats_values: bool
    after: int | None
    wait_s: int | None
    html: bool
    translation: Translation | None

    def __init__(self, scope: Scope, allowed: frozenset[str]) -> None:
        super().__init__(scope)
        self.method: str = scope["method"]
        self.cors = self._cors(allowed)

    def read(self, body: bytes) -> None:
        """Parse the request. Raises a `Problem` for what is no request for a feed."""
        if self.method not in METHODS:
            refused = Problem(405, "A feed is read with GET, or with POST and its topics in the body.")
            refused.headers["Allow"] = ", ".join(METHODS)
            raise refused
        query = Query(self.scope["query_string"], PARAMETERS)
        if body:
            query.add(parameters(body, RESUME))
        self.wait_s = _wait_s(query)
        if self.wait_s is None and self.scope.get("http_version") == "1.0":
            raise Problem(505, "A feed takes HTTP/1.1: a proxy has to speak it (proxy_http_version).")
        self.credentials = self.read_credentials(query.one("ticket"))
        self.topics = check_topics(query.all("topic"))
        self.own = _flag(query, "own", absent=True)
        self.acknowledges = _flag(query, "acks", absent=False)
        self.repeats_values = _flag(query, "latest", absent=False)
        self.html = _format(query) == "html"
        self.translation = self.scope.get("extensions", {}).get(EXTENSION, MARKUP if self.html else None)
        # Checked even where the header wins. A helper adds its newest to the address that it was given.
        given = RESUME & query.names
        found = [after for name in given if (after := position(query.one(name))) is not None]
        in_header = position(self.headers.get("last-event-id", ""))
        self.after = max(found, default=None) if in_header is None else in_header

    def _cors(self, allowed: frozenset[str]) -> list[tuple[bytes, bytes]]:
        if self.origin is None:
            # An image or a link on a foreign page sends no Origin, but the cookie.
            if self.headers.get("sec-fetch-site") == "cross-site":
                raise origins.ForeignOrigin(
                    "A feed is not opened from another site.", self.headers.get("referer", "")
                )
            return []
        if self.origin in allowed:
            headers = CORS.response_headers(self.origin, preflight=self.method == "OPTIONS")
            fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
            return [(b"vary", b"origin"), *fields]
        if not origins.is_allowed(self.origin, "", self.host, ()):
            raise origins.ForeignOrigin(
                "This origin may not read feeds here: add it to HUB_ALLOWED_ORIGINS.", self.origin
            )
        return []


def check_number(topics: int) -> None:
    """Raise a `Problem` of 400 for more topics than a feed carries, along with the inbox."""
    if topics > MAX_TOPICS:
        raise Problem(400, f"A feed carries at most {MAX_TOPICS} topics: open another, or publish to fewer.")


def check_topics(given: Sequence[str]) -> tuple[str, ...]:
    """The topics, each once. Raises a `Problem` of 400."""
    names = tuple(dict.fromkeys(given))
    check_number(len(names))
    try:
        names = tuple(topics.check(name) for name in names)
    except topics.BadTopic as bad:
        raise Problem(400, str(bad)) from None
    if any(map(topics.is_room, names)):
        raise Problem(400, "Messages of a room are received in it: open its WebSocket at /rooms/<name>/.")
    return names


def _wait_s(query: Query) -> int | None:
    if "wait" not in query.names:
        return None
    wait = query.one("wait")
    if not re.fullmatch("[1-9][0-9]?", wait) or int(wait) > MAX_WAIT_S:
        raise Problem(400, f"wait is a whole number of seconds, 1 to {MAX_WAIT_S}.")
    return int(wait)


def _format(query: Query) -> str:
    name = query.one("format") or FORMATS[0]
    if name not in FORMATS:
        raise Problem(400, f"format is {' or '.join(FORMATS)}.")
    return name


def _flag(query: Query, name: str, *, absent: bool) -> bool:
    value = query.one(name)
    if value not in ("", "0", "1"):
        raise Problem(400, f"{name} is 0 or 1.")
    return value == "1" if value else absent
