"""An answer of the agent goes on over reloads and cuts, on each device, and stops when told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.demo.recorded_answers import QUESTIONS, parts
from tests.browser.gallery.stage import until
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

WRITING = re.compile("^Writing$")


def text_of(name: str) -> str:
    return "".join(part.data["text"] for part in parts(name) if part.type == "token")


def open_chat(page: Page, cluster: Cluster) -> None:
    page.goto(f"{cluster.http_url}/demo/chat/")
    page.locator("#state[data-state=live]").wait_for()


def shown(page: Page) -> str:
    return str(page.evaluate("document.getElementById('answer').text"))


def state(page: Page) -> str:
    return str(page.evaluate("document.getElementById('answer').state"))


@pytest.mark.timeout(120)
def test_an_answer_is_whole_on_each_device_though_its_page_was_reloaded_and_cut(
    cluster: Cluster, browser: Browser
) -> None:
    with signed_in(browser, cluster, "alice") as page, signed_in(browser, cluster, "alice") as phone:
        open_chat(page, cluster)
        page.get_by_label("Your question").fill(QUESTIONS["resume"])
        page.keyboard.press("Enter")
        expect(page.locator("#answer").get_by_role("status")).to_have_text(WRITING, timeout=20_000)
        phone.goto(page.url)
        page.reload()
        until(lambda: len(shown(page)) > 50, "the answer goes on after a reload")
        page.locator("#cut").click()

        for one in (page, phone):
            expect(one.locator("#answer").get_by_role("status")).to_have_text("Done", timeout=60_000)
            assert shown(one) == text_of("resume")
            expect(one.locator("#runs li").first).to_contain_text(QUESTIONS["resume"])
            expect(one.locator("#runs li").first).to_contain_text("done")


@pytest.mark.timeout(120)
def test_stop_on_one_device_ends_the_answer_on_all(cluster: Cluster, browser: Browser) -> None:
    with signed_in(browser, cluster, "alice") as page, signed_in(browser, cluster, "alice") as phone:
        open_chat(page, cluster)
        page.get_by_role("button", name=QUESTIONS["stop"]).click()
        page.wait_for_url("**/#*")
        phone.goto(page.url)
        until(lambda: len(shown(page)) > 50, "the answer is being written")

        phone.get_by_role("button", name="Stop", exact=True).click()

        for one in (page, phone):
            expect(one.locator("#answer").get_by_role("status")).to_have_text("Stopped by alice")
        assert shown(page) == shown(phone)
        assert text_of("stop").startswith(shown(page))
        assert shown(page) != text_of("stop")


@pytest.mark.timeout(120)
def test_an_answer_whose_writer_is_killed_is_lost_and_its_text_stays(
    cluster: Cluster, browser: Browser
) -> None:
    with signed_in(browser, cluster, "bob") as page:
        open_chat(page, cluster)
        page.get_by_role("button", name=QUESTIONS["transport"]).click()
        until(lambda: len(shown(page)) > 50, "the answer is being written")

        page.get_by_role("button", name="Kill the writer’s instance").click()

        status = page.locator("#answer").get_by_role("status")
        expect(status).to_have_text("Lost: the program that was writing this is gone.", timeout=30_000)
        assert len(shown(page)) > 50
        assert text_of("transport").startswith(shown(page))
        expect(page.get_by_role("button", name="Kill the writer’s instance")).to_be_disabled()
        for instance in cluster.instances:
            if not instance.alive:
                instance.start()
                instance.wait_ready()
