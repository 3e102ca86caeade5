"""The header fields of a request, read alike at every endpoint."""

from __future__ import annotations

from collections.abc import Iterable


def fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Values by lower-case name. Repeated fields are joined (RFC 9110, 5.3), so that no endpoint trusts the
    first and another the last; cookies by a semicolon (RFC 9113, 8.2.3)."""
    found: dict[str, str] = {}
    for key, value in raw:
        name = key.decode("latin-1")
        if name in found:
            found[name] += ("; " if name == "cookie" else ",") + value.decode("latin-1")
        else:
            found[name] = value.decode("latin-1")
    return found
