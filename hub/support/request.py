"""Requests to the endpoints that Django does not serve, parsed before anyone is authenticated."""

from __future__ import annotations

from collections.abc import Sequence, Set
from urllib.parse import parse_qsl

from hub import events
from hub.errors import Problem
from hub.ports import Credentials
from hub.support import cookies, origins
from hub.support.asgi import Scope
from hub.support.headers import fields

MAX_PARAMETERS = 110


class Request:
    """``headers`` are by lower-case name, ``address`` is the client's, ``origin`` None without a header."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = fields(scope["headers"])
        self.host = self.headers.get("host", "")
        self.origin = self.headers.get("origin")
        self.address: str = scope["client"][0] if scope.get("client") else "unknown"

    def check(self, hosts: Sequence[str], *, tls: bool) -> None:
        """Raise a `Problem`: 400 for a host that is not served here; with ``tls`` 403 for what came in clear,
        because a redirect comes too late for a token."""
        origins.check_host(self.host, hosts)
        if tls and self.scope.get("scheme") not in ("https", "wss"):
            raise Problem(403, "This is served over https alone: use https, and replace the token.")

    def read_credentials(self, ticket: str = "", *, token: str = "") -> Credentials:
        """The bearer token, in its header or as ``token``, else the ticket, else the session's cookie.

        Raises a `Problem` of 401 for any other scheme.
        """
        if authorization := self.headers.get("authorization", ""):
            scheme, _, given = authorization.partition(" ")
            if scheme.lower() != "bearer" or not given.strip():
                raise Problem(401, "Use Authorization: Bearer with a subscriber token.")
            return Credentials(bearer=given.strip())
        if token:
            return Credentials(bearer=token)
        if ticket:
            return Credentials(ticket=ticket)
        return Credentials(session=cookies.session(self.headers.get("cookie", "")))


class Query:
    """The parameters of a query string. Raises a `Problem` of 400 for one that is not in ``names``."""

    def __init__(self, raw: bytes, names: frozenset[str]) -> None:
        self._values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(
                raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
            )
        except ValueError:
            detail = "The query string cannot be read: encode it as UTF-8, percent-encoded."
            raise Problem(400, detail) from None
        for name, _ in pairs:
            if name not in names:
                detail = f"{name[:40]!r} is not a parameter here: use {', '.join(sorted(names))}."
                raise Problem(400, detail)
        self.add(pairs)

    def add(self, pairs: Sequence[tuple[str, str]]) -> None:
        """More parameters, from elsewhere in the request."""
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @property
    def names(self) -> Set[str]:
        """Names of the parameters that were given."""
        return self._values.keys()

    def all(self, name: str) -> Sequence[str]:
        return self._values.get(name, ())

    def one(self, name: str) -> str:
        """Empty without it; raise a `Problem` of 400 if it is given twice."""
        values = self.all(name)
        if len(values) > 1:
            raise Problem(400, f"{name} may be given once.")
        return values[0] if values else ""


def position(text: str) -> int | None:
    """The position that a client resumes from; None without one; raise a `Problem` of 400."""
    try:
        return events.position(text) if text else None
    except ValueError as bad:
        raise Problem(400, str(bad)) from None
