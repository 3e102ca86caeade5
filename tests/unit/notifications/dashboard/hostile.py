"""What an address may bear that no page of ours leads to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

VALUES = (
    *("9" * 5000, "9" * 20, "9223372036854775808", "-1", "0", "1e9", "0x1", "²", "٣", "7 ", "1_000", "NaN"),
    *("\0", "a\0b", "a\r\nb", "\x1b", "x" * 5000, "'", '"', "%", "\\", "{{7}}", "../..", "user:", "[", "𝟗"),
    *("00000000-0000-0000-0000-000000000000", "{" + "0" * 32 + "}", "urn:uuid:" + "f" * 32),
)
# As they stand in an address: half a character, and a byte that is no UTF-8.
RAW = ("%ED%A0%80", "%FF", "%", "%00")

# What each page of the dashboard takes from its address.
PAGES: dict[str, tuple[str, ...]] = {
    "/dashboard/": (),
    "/dashboard/send/": ("to", "template"),
    "/dashboard/sent/": ("before",),
    "/dashboard/scheduled/": ("after",),
    "/dashboard/templates/": (),
    "/dashboard/segments/": ("count",),
    "/dashboard/why/": ("person", "notification", "before"),
    "/dashboard/connections/": ("person", "topic", "kind", "address", "older_s"),
    "/dashboard/tail/": ("entry", "person", "topic"),
    "/dashboard/rooms/": ("after",),
    "/dashboard/runs/": (),
    "/dashboard/keys/": ("before",),
    "/dashboard/people/": ("q", "before"),
    "/dashboard/audit/": ("actor", "act", "target", "before"),
    "/": ("filter", "category", "q", "before"),
    "/preferences/": ("saved",),
}
PATHS = (
    *("/dashboard/people/{}/", "/dashboard/rooms/{}/", "/dashboard/sent/{}/", "/dashboard/templates/{}/"),
    *("/rooms/{}/", "/notifications/{}/"),
)


def addresses() -> Iterator[str]:
    for page, names in PAGES.items():
        for name in names:
            # A second parameter, for those that are read only where a first one stands.
            along_with = "person=admin&" if (page, name) == ("/dashboard/why/", "before") else ""
            yield from (f"{page}?{along_with}{urlencode({name: value})}" for value in VALUES)
            yield from (f"{page}?{along_with}{name}={raw}" for raw in RAW)
            yield f"{page}?{along_with}{name}=1&{name}=2&{name}[]=3"
    for path in PATHS:
        yield from (path.format(raw) for raw in ("9" * 5000, "9" * 20, "0", "-1", *RAW, "x" * 5000, "%C2%B2"))
