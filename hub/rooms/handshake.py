"""What a client says at a room's door: the handshake of RFC 6455, checked before anybody is asked."""

from __future__ import annotations

import base64
import binascii
import hashlib

from hub import events
from hub.errors import Problem
from hub.feeds import request
from hub.ports import Credentials
from hub.support import origins
from hub.support.asgi import Scope
from hub.support.headers import fields

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PARAMETERS = frozenset({"after"})


class Handshake:
    """Raises a `Problem` that goes out as HTTP; ``problem`` is one that is told on the open socket instead,
    because a browser cannot read the status of a refused handshake."""

    def __init__(
        self, scope: Scope, hosts: tuple[str, ...], allowed: frozenset[str], *, tls: bool = False
    ) -> None:
        headers = fields(scope["headers"])
        host = headers.get("host", "")
        origins.check_host(host, hosts)
        request.check_scheme(scope, tls)
        if headers.get("hub-upgrade", headers.get("upgrade", "")).lower() != "websocket":
            raise Problem(
                426, "Upgrade: websocket did not arrive: a proxy has to pass Upgrade and Connection."
            )
        origin = headers.get("origin")
        if origin is not None and not origins.is_allowed(origin, scope["scheme"], host, allowed):
            raise origins.Foreign(
                "This origin may not enter rooms here: add it to HUB_ALLOWED_ORIGINS.", origin
            )
        if scope["method"] != "GET" or headers.get("sec-websocket-version") != "13":
            raise Problem(400, "A room is entered with GET and Sec-WebSocket-Version: 13.")
        self.answer = _answer(headers.get("sec-websocket-key", ""))
        self.address = scope["client"][0] if scope.get("client") else "unknown"
        self.name = scope["path"].removeprefix("/rooms/").removesuffix("/")
        self.credentials = Credentials()
        self.after: int | None = None
        self.problem: Problem | None = None
        try:
            query = request.query(scope["query_string"], _PARAMETERS)
            given = request.only(query, "after")
            self.after = events.position(given) if given else None
            self.credentials = request.credentials(headers, query)
            if origin is None and self.credentials.session:
                # A browser always names the origin; a cookie without it comes from somewhere else.
                raise Problem(401, "A session enters a room from its own page: else show a token as Bearer.")
        except Problem as problem:
            self.problem = problem
        except ValueError as bad:
            self.problem = Problem(400, str(bad))


def _answer(key: str) -> bytes:
    """The head of the response that opens the socket."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            raise ValueError
    except (binascii.Error, ValueError):
        raise Problem(400, "Sec-WebSocket-Key has to be 16 bytes in Base64.") from None
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )
