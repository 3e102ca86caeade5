"""Close codes are the same in the code, on the page and in the browser's client."""

from __future__ import annotations

import re

from hub.rooms.protocol import Close
from tests import ROOT

CLIENT = (ROOT / "notifications/static/notifications/rooms/connection.js").read_text()
TABLE = re.findall(r"^\| ([^|]*\d{4}[^|]*) \| (yes|no)\b", (ROOT / "docs/rooms.md").read_text(), re.M)
DOCUMENTED = {int(code): answer for codes, answer in TABLE for code in re.findall(r"\d{4}", codes)}


def test_every_code_is_on_the_page() -> None:
    assert set(Close) <= DOCUMENTED.keys()


def test_the_client_stops_at_the_codes_that_say_so_and_at_no_others() -> None:
    (final,) = re.findall(r"^const FINAL = new Set\(\[([\d, ]+)\]\);", CLIENT, re.M)

    assert {int(code) for code in final.split(",")} == {
        code for code, answer in DOCUMENTED.items() if answer == "no"
    }


def test_a_client_that_knows_no_code_reconnects_at_those_from_4000_to_4099() -> None:
    assert {code for code in Close if 4000 <= code <= 4099} <= {
        code for code, answer in DOCUMENTED.items() if answer == "yes"
    }
