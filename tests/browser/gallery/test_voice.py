"""The voice page: what one sends, the others hear whole, over a cut of the network."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.gallery.stage import until
from tests.browser.visitor import signed_in
from tests.cluster import Cluster


def heard(page: Page) -> int:
    return number(page, "#count")


def accepted(page: Page) -> int:
    return number(page, "#accepted")


def all_accepted(page: Page) -> bool:
    text = page.locator("#accepted").inner_text()
    return re.match(r"(\d+) of \1 frames accepted$", text) is not None


def number(page: Page, selector: str) -> int:
    found = re.match(r"\d+", page.locator(selector).inner_text())
    return int(found[0]) if found else 0


def test_a_listener_has_every_frame_and_the_transcript_over_a_cut(cluster: Cluster, browser: Browser) -> None:
    with signed_in(browser, cluster, "bob") as bob, signed_in(browser, cluster, "alice") as alice:
        for page in (bob, alice):
            page.goto(f"{cluster.http_url}/demo/voice/")
            page.locator("#speak:not([disabled])").wait_for()
        alice.get_by_role("button", name="Send a melody").click()
        expect(bob.locator("#lines li").last).to_have_text(re.compile(r"^alice\s*[A-G], \d+ Hz$"))

        alice.get_by_role("button", name="Cut my network").click()
        expect(alice.locator("#healing")).to_contain_text("The network is back.", timeout=20_000)
        expect(alice.locator("#accepted")).to_have_text(re.compile(r"^[3-9]\d\d of "), timeout=20_000)
        alice.get_by_role("button", name="Stop").click()

        # What the page had recorded as it was stopped is still sent.
        until(
            lambda: all_accepted(alice) and heard(bob) == accepted(alice), "bob has heard what was accepted"
        )
