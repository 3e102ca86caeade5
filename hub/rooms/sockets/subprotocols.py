"""The subprotocols that a client offers (RFC 6455, 1.9), one with its token: a page sets no `Authorization`.

`Sec-WebSocket-Protocol: hub.v1, bearer.<token>`, or `bearer, <token>`. The answer names `hub.v1` or `bearer`,
never a token.
"""

from __future__ import annotations

from hub.errors import Problem

HUB, BEARER = "hub.v1", "bearer"


class Offer:
    """What the header lists; ``subprotocol`` is the one to be agreed on, empty if none is known here."""

    def __init__(self, header: str) -> None:
        offered = [name for part in header.split(",") if (name := part.strip())]
        self._tokens = [name.removeprefix(f"{BEARER}.") for name in offered if name.startswith(f"{BEARER}.")]
        if BEARER in offered:
            self._tokens += offered[offered.index(BEARER) + 1 :][:1]
        self.subprotocol = next((name for name in (HUB, BEARER) if name in offered), "")

    def token(self) -> str:
        """The subscriber token; empty without one. Raises a `Problem` of 400 or 401."""
        if not self._tokens:
            if self.subprotocol == BEARER:
                raise Problem(401, f"Offer a subscriber token after {BEARER}.")
            return ""
        if not self.subprotocol:
            raise Problem(400, f"Offer {HUB} along with the token: it is what the answer can name.")
        if len(self._tokens) > 1:
            raise Problem(400, "Offer one token.")
        if not self._tokens[0]:
            raise Problem(401, f"Offer a subscriber token: {BEARER}.<token>.")
        return self._tokens[0]
