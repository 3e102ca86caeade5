"""`useChat` of the AI SDK, as published, in Chromium: a chat whose answers are runs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import browser as browser
from tests.cluster import Cluster
from tests.system.runs.chat_site import KEY, ChatSite

ENDLESS = 100_000


@pytest.fixture
def page(cluster: Cluster, chat_site: ChatSite, browser: Browser) -> Iterator[Page]:
    """The chat, in which nothing was said yet."""
    chat_site.clear()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(chat_site.origin)
        yield page


def test_a_page_reloaded_amid_an_answer_goes_on_with_it(chat_site: ChatSite, page: Page) -> None:
    chat_site.numbers = ENDLESS
    page.locator("#ask").click()
    page.locator("#text", has_text="9 10 11").wait_for()

    page.reload()

    page.locator("#text", has_text="0 1 2").wait_for()
    assert page.locator("#status").inner_text() == "streaming"
    chat_site.numbers = 0
    page.locator("#status", has_text="ready").wait_for()
    run = httpx.get(f"{chat_site.run_url}?user=alice", headers=KEY, timeout=20).json()
    assert run["state"] == "done"
    assert page.locator("#text").text_content() == run["text"]
    assert page.locator("#phases").inner_text() == "counting"
    assert page.locator("#answers").inner_text() == "1"
    assert page.locator("#error").inner_text() == ""


def test_stop_ends_the_run_at_its_producer_and_in_every_tab(chat_site: ChatSite, page: Page) -> None:
    chat_site.numbers = ENDLESS
    page.locator("#ask").click()
    page.locator("#text", has_text="9 10 11").wait_for()
    other = page.context.new_page()
    other.goto(chat_site.origin)
    other.locator("#text", has_text="9 10 11").wait_for()

    page.locator("#stop").click()

    assert chat_site.told_to_stop.wait(10)
    for tab in (page, other):
        tab.locator("#status", has_text="ready").wait_for()
    run = httpx.get(f"{chat_site.run_url}?user=alice", headers=KEY, timeout=20).json()
    assert run["state"] == "stopped"
    assert [tab.locator("#text").text_content() for tab in (page, other)] == [run["text"]] * 2
    assert page.locator("#error").inner_text() == ""


def test_a_page_that_opens_after_the_run_resumes_nothing(chat_site: ChatSite, page: Page) -> None:
    chat_site.numbers = 3
    page.locator("#ask").click()
    page.locator("#text", has_text="0 1 2").wait_for()
    page.locator("#status", has_text="ready").wait_for()

    with page.expect_response(lambda answer: "/api/v1/runs/" in answer.url) as resumed:
        page.reload()

    assert resumed.value.status == 204
    page.locator("#status", has_text="ready").wait_for()
    assert page.locator("#answers").inner_text() == "0"


def test_a_run_that_failed_is_an_error_of_the_chat(chat_site: ChatSite, page: Page) -> None:
    chat_site.numbers = ENDLESS
    page.locator("#ask").click()
    page.locator("#text", has_text="0 1 2").wait_for()

    chat_site.post(1, f"/{chat_site.run['run']}/error", {"detail": "no model"})

    page.locator("#error", has_text="no model").wait_for()
