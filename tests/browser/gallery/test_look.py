"""The gallery is for everybody: axe finds no fault, a phone shows all of it, and the keyboard does all."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from notifications.demo.gallery_pages import PAGES
from tests.browser.test_accessible import LOOKS, faultless
from tests.browser.visitor import signed_in
from tests.cluster import Cluster


@pytest.mark.parametrize("look", ["light", "dark phone in arabic"])
def test_each_page_is_faultless_and_fits(cluster: Cluster, browser: Browser, look: str) -> None:
    options: dict[str, Any] = {**LOOKS[look], "reduced_motion": "reduce"}
    with signed_in(browser, cluster, "carol", **options) as page:
        for path in ("", *(f"{one.name}/" for one in PAGES)):
            page.goto(f"{cluster.http_url}/demo/{path}")
            if path:
                expect(page.locator("#state[data-state=live]")).to_have_text(re.compile(r"^live on hub-\d$"))
                page.locator("#transcript summary").click()
                page.locator("#blocks pre").first.wait_for()
            faultless(page, path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_keyboard_cuts_the_network_and_holds_the_transcript(cluster: Cluster, browser: Browser) -> None:
    with signed_in(browser, cluster, "bob") as page:
        page.goto(f"{cluster.http_url}/demo/scores/")
        page.locator("#state[data-state=live]").wait_for()
        page.get_by_role("button", name="Cut my network").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#healing")).to_contain_text("Cut for 4 seconds")
        page.locator("#transcript summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#blocks .note").last).to_have_text("the network is cut")

        expect(page.locator("#healing")).to_contain_text("The network is back.", timeout=20_000)
        expect(page.locator("#blocks .sent").last).to_contain_text("Last-Event-ID: ")
        page.get_by_role("button", name="Hold").focus()
        page.keyboard.press("Enter")
        shown = page.locator("#blocks").inner_text()
        page.locator("#matches li").first.wait_for()
        assert page.locator("#blocks").inner_text() == shown


def test_an_order_page_shows_ones_own_and_nobody_reads_anothers(cluster: Cluster, browser: Browser) -> None:
    with signed_in(browser, cluster, "bob") as page:
        page.goto(f"{cluster.http_url}/demo/orders/")
        page.locator("#list > li").first.wait_for()
        own = page.locator("#scene").get_attribute("data-topics")

        with signed_in(browser, cluster, "carol") as other:
            other.goto(f"{cluster.http_url}/demo/orders/")
            cookies = {cookie["name"]: cookie["value"] for cookie in other.context.cookies()}
            answer = httpx.get(f"{cluster.http_url}/feed/", params={"topic": own, "wait": 1}, cookies=cookies)

    assert answer.status_code == 403
