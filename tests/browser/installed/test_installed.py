"""A project that exists installs the wheel, has the bell on its page, and stays what it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.installed.shop import ANN, PASSWORD, Shop


@pytest.fixture(scope="module", params=["cached_db", "signed_cookies"])
def shop(
    request: pytest.FixtureRequest, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"), python, request.param)
    shop.open()
    try:
        yield shop
    finally:
        shop.stop()


@pytest.fixture(scope="module")
def api(shop: Shop) -> Iterator[httpx.Client]:
    with shop.api() as client:
        yield client


@pytest.fixture
def page(shop: Shop, browser: Browser) -> Iterator[Page]:
    """Ann's page of the shop. A word of its policy, and an error that nobody catches, fail the test."""
    context = browser.new_context()
    wrong: list[str] = []
    context.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{shop.url}/sign-in/")
    page.fill("[name=username]", ANN)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Enter the shop").click()
    page.wait_for_url(f"{shop.url}/inbox/")
    yield page
    context.close()
    assert wrong == []


def send(api: httpx.Client, title: str) -> None:
    answer = api.post("notifications", json={"to": [f"user:{ANN}"], "title": title})
    assert answer.status_code == 201, answer.text


def test_the_bell_on_the_shops_page_rings(page: Page, api: httpx.Client) -> None:
    bell = page.locator("notification-bell")
    expect(bell).to_have_attribute("hub", "/hub")
    before = int(bell.get_attribute("unread") or 0)
    expect(bell.get_by_role("button")).to_have_attribute("data-state", "live")

    send(api, "Your order is on its way")

    expect(page.locator("notification-toasts")).to_contain_text("Your order is on its way")
    expect(bell.get_by_role("button")).to_contain_text(str(before + 1))


def test_the_hubs_own_pages_are_below_its_prefix(page: Page, shop: Shop, api: httpx.Client) -> None:
    page.locator("#hub").click()
    page.locator("#state", has_text="live").wait_for()
    assert page.url == f"{shop.url}/hub/"

    send(api, "Seen in the list")

    expect(page.locator("#inbox")).to_contain_text("Seen in the list")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{shop.url}/sign-in/")


def test_the_shops_own_pages_are_untouched(shop: Shop) -> None:
    with httpx.Client(base_url=shop.url) as client:
        own, hub = client.get("/inbox/"), client.get("/hub/api/docs")
        plain, missing, feed = client.get("/plain/"), client.get("/feed/"), client.get("/hub/feed/")

    assert own.headers["Content-Security-Policy"] == "default-src 'self'; img-src 'self' data:"
    assert "The shop" in own.text
    assert "Content-Security-Policy" not in plain.headers
    assert hub.status_code == 200
    assert "Content-Security-Policy" in hub.headers
    assert (plain.text, missing.status_code, feed.status_code) == ("plain", 404, 401)


def test_the_doctor_finds_everything_below_the_prefix(shop: Shop) -> None:
    assert "Nothing is wrong." in shop.manage("doctor", "--url", shop.url)


def test_urls_of_the_hub_have_names_of_their_own(shop: Shop) -> None:
    names = "from django.urls import reverse; print(*map(reverse, ['inbox', 'rooms', 'notifications:rooms']))"

    assert shop.manage("shell", "--verbosity", "0", "--command", names).split() == [
        "/inbox/",
        "/plain/",
        "/hub/rooms/",
    ]


def test_a_malformed_request_for_the_hubs_pages_is_no_failure(shop: Shop) -> None:
    with httpx.Client(base_url=shop.url) as client:
        statuses = [
            client.get(path, headers={"Cookie": "sessionid=\x01\x02"}).status_code
            for path in ("/hub/", "/hub/rooms/%00/", "/hub/api/v1/%00", "/hub/api/none", "/hub/none")
        ]

    assert all(status in (302, 400, 401, 404) for status in statuses), statuses
