"""The header fields of a request, read alike at every endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Raw = tuple[bytes, bytes]


def fields(raw: Iterable[Raw]) -> dict[str, str]:
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


def with_one_cookie(raw: Sequence[Raw]) -> Sequence[Raw]:
    """The same fields with all cookies in one, by a semicolon; Django would join them by a comma."""
    cookies = [value for name, value in raw if name == b"cookie"]
    if len(cookies) < 2:
        return raw
    return [*(field for field in raw if field[0] != b"cookie"), (b"cookie", b"; ".join(cookies))]
