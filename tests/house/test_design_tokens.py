"""The components bring their own colours, for pages of other sites: they are those of the hub's pages."""

from __future__ import annotations

import re

from tests import ROOT

STATIC = ROOT / "notifications" / "static" / "notifications" / "shared"
TOKEN = re.compile(
    r"^  --([a-z-]+): (?:var\(--notification-[a-z-]+, )?(light-dark\(#\w+, #\w+\))", re.MULTILINE
)


def test_a_token_of_the_components_has_the_value_that_pages_use() -> None:
    pages = dict(TOKEN.findall((STATIC / "hub.css").read_text().split("}")[0]))
    components = dict(TOKEN.findall((STATIC / "component-styles.js").read_text()))

    assert len(components) > 8
    assert components == {name: pages[name] for name in components}
