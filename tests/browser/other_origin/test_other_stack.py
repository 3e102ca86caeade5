"""A shop in Node.js with people and keys of its own has a bell, as docs/other-stacks.md says."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.other_origin.shop import Shop
from tests.browser.tabs import until
from tests.cluster import Cluster

BELL = "notification-bell button.bell"
LIVE = f"{BELL}[data-state=live]"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("cluster"))
    with shop.cluster:
        shop.start()
        try:
            shop.wait_ready()
            yield shop
        finally:
            shop.stop()


@pytest.fixture(scope="module")
def cluster(shop: Shop) -> Cluster:
    return shop.cluster


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    wrong: list[str] = []
    context.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield context
    context.close()
    assert wrong == []


def signed_in(context: BrowserContext, shop: Shop, name: str) -> Page:
    """The shop's page with a bell that is live."""
    page = context.new_page()
    page.goto(shop.url)
    page.get_by_role("button", name=f"Sign in as {name}").click()
    page.locator(LIVE).wait_for()
    return page


def order(page: Page) -> None:
    page.get_by_role("button", name="Place an order").click()


def token_of(page: Page) -> str:
    return page.locator("notification-bell").get_attribute("token") or ""


def key_ids(shop: Shop) -> list[str]:
    return [key["kid"] for key in httpx.get(f"{shop.url}/keys", timeout=10).json()["keys"]]


def inbox(cluster: Cluster, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{cluster.http_url}/api/v1/notifications", headers=headers, timeout=20)


def test_the_bell_rings_for_an_order_and_leads_back_to_the_shop(context: BrowserContext, shop: Shop) -> None:
    page = signed_in(context, shop, "Dora")

    order(page)

    page.locator(LIVE).wait_for()
    expect(page.locator(BELL)).to_have_accessible_name("Notifications, 1 unread")
    expect(page.locator("notification-toasts .toast")).to_contain_text("Your order is confirmed")
    page.locator(BELL).click()
    link = page.locator("notification-bell .row").get_by_role("link", name="Your order is confirmed")
    assert (link.get_attribute("href") or "").startswith(f"{shop.url}/?order=")


def test_a_group_of_the_shop_is_reached_as_the_page_has_it(context: BrowserContext, shop: Shop) -> None:
    page = signed_in(context, shop, "Emil")

    shop.type("group:customers")

    expect(page.locator("notification-toasts .toast")).to_contain_text("The summer sale has begun")


def test_no_address_has_a_token_in_it(context: BrowserContext, shop: Shop) -> None:
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))

    page = signed_in(context, shop, "Emil")

    assert any(address.startswith(f"{shop.cluster.http_url}/feed/") for address in addresses)
    assert [address for address in addresses if token_of(page)[:20] in address] == []


def test_a_turn_of_keys_ends_no_feed_and_the_new_key_opens_another(
    context: BrowserContext, shop: Shop
) -> None:
    page = signed_in(context, shop, "Emil")
    before = token_of(page)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    kid = key_ids(shop)[0]

    shop.turn_keys()
    until(lambda: key_ids(shop)[0] != kid, "the shop has another key")
    shop.type("group:customers")

    expect(page.locator("notification-toasts .toast").first).to_contain_text("The summer sale has begun")
    assert [url for url in requested if "/feed/?" in url or url.endswith("/token")] == []
    assert inbox(shop.cluster, before).status_code == 200
    page.reload()
    page.locator(LIVE).wait_for()
    assert token_of(page).split(".")[0] != before.split(".")[0]


def test_a_token_that_is_refused_is_replaced_by_the_page(context: BrowserContext, shop: Shop) -> None:
    page = signed_in(context, shop, "Emil")

    def spoil(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "authorization": "Bearer a.b.c"})

    page.route("**/feed/**", spoil, times=1)
    with page.expect_request(f"{shop.url}/token"):
        page.reload()

    page.locator(LIVE).wait_for()
    shop.type("group:customers")
    expect(page.locator("notification-toasts .toast").first).to_contain_text("The summer sale has begun")


def test_a_bell_never_goes_on_with_the_token_of_another_person(
    context: BrowserContext, browser: Browser, shop: Shop
) -> None:
    page = signed_in(context, shop, "Emil")
    elsewhere = browser.new_context()
    token = token_of(signed_in(elsewhere, shop, "Dora"))
    elsewhere.close()

    page.locator("notification-bell").evaluate("(bell, token) => bell.setAttribute('token', token)", token)
    page.evaluate("dispatchEvent(new Event('online'))")  # connects anew

    expect(page.locator(BELL)).to_have_attribute("data-state", "signed out")


def test_closing_the_account_ends_the_feed_and_every_token(context: BrowserContext, shop: Shop) -> None:
    page = signed_in(context, shop, "Dora")
    other = context.new_page()
    other.goto(shop.url)
    other.locator(LIVE).wait_for()
    token = token_of(page)

    other.get_by_role("button", name="Close my account").click()

    expect(page.locator(BELL)).to_have_attribute("data-state", "signed out")
    expect(other.get_by_role("button", name="Sign in as Dora")).to_be_visible()
    refused = inbox(shop.cluster, token)
    assert refused.status_code == 401, refused.text
    assert "Erased" in shop.type("manage.py forget")
    people = {"Authorization": "Bearer demo-key"}
    gone = httpx.get(f"{shop.cluster.http_url}/api/v1/people/shop-dora", headers=people, timeout=20)
    assert gone.status_code == 404
