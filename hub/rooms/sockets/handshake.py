"""The handshake of a room's connection (RFC 6455), checked before anyone is authenticated."""

from __future__ import annotations

import base64
import binascii

from websockets.utils import accept_key

from hub.delivery.endpoint import EndpointOptions
from hub.errors import Problem
from hub.ports import Credentials
from hub.rooms.sockets.subprotocols import Offer
from hub.support import origins
from hub.support.asgi import Scope
from hub.support.request import Query, Request, position

_PARAMETERS = frozenset({"after", "ticket"})


class Handshake(Request):
    """A request to enter the room ``name`` from the position ``after``, or, without a name, for a socket that
    carries many rooms. ``answer`` opens a socket of our own, ``subprotocol`` is the one that is agreed on, if
    any.

    Raises a `Problem` to be answered as HTTP; ``problem`` is one to be reported on the open socket, because a
    browser cannot read the status of a refused handshake.
    """

    def __init__(self, scope: Scope, options: EndpointOptions) -> None:
        super().__init__(scope)
        self.check(options.hosts, tls=options.tls)
        http = scope["type"] == "http"
        upgrade = self.headers.get("hub-upgrade", self.headers.get("upgrade", ""))
        if http and upgrade.lower() != "websocket":
            raise Problem(
                426, "Upgrade: websocket did not arrive: a proxy has to pass Upgrade and Connection."
            )
        # Not every server names the scheme of a WebSocket.
        scheme = scope.get("scheme", "").replace("ws", "http")
        if self.origin is not None and not origins.is_allowed(
            self.origin, scheme, self.host, options.origins
        ):
            raise origins.ForeignOrigin(
                "This origin may not enter rooms here: add it to HUB_ALLOWED_ORIGINS.", self.origin
            )
        offer = Offer(self.headers.get("sec-websocket-protocol", ""))
        self.subprotocol = offer.subprotocol
        if http:
            if scope["method"] != "GET" or self.headers.get("sec-websocket-version") != "13":
                raise Problem(400, "A room is entered with GET and Sec-WebSocket-Version: 13.")
            self.answer = _answer(self.headers.get("sec-websocket-key", ""), offer.subprotocol)
        self.name = scope["path"].split("/", 2)[2].removesuffix("/")
        self.credentials = Credentials()
        self.after: int | None = None
        self.problem: Problem | None = None
        try:
            query = Query(scope["query_string"], _PARAMETERS)
            self.after = position(query.one("after"))
            if self.after is not None and not self.name:
                raise Problem(400, "Each room is resumed by itself here: send after in its join.")
            self.credentials = self.read_credentials(query.one("ticket"), token=offer.token())
            if self.origin is None and self.credentials.session:
                # A browser always sends the origin; a cookie without it comes from something else.
                raise Problem(401, "A session enters a room from a page of the hub: or send a Bearer token.")
        except Problem as problem:
            self.problem = problem


def _answer(key: str, subprotocol: str) -> bytes:
    """The head of the response that opens the socket."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            raise ValueError
    except (binascii.Error, ValueError):
        raise Problem(400, "Sec-WebSocket-Key has to be 16 bytes in Base64.") from None
    agreed = b"Sec-WebSocket-Protocol: %b\r\n" % subprotocol.encode() if subprotocol else b""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept_key(key).encode(), agreed)
    )
