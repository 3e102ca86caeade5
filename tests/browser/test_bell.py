"""The bell and its panel: they say what the server counts, and all of it is done by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.desk import Desk, desk
from tests.browser.tabs import until_in
from tests.cluster import Cluster


@pytest.fixture
def alice(cluster: Cluster, browser: Browser, api: httpx.Client) -> Iterator[Desk]:
    with desk(cluster, browser, api) as alice:
        yield alice


def focused(alice: Desk) -> str:
    """The name or the text of what has the focus, in whatever shadow."""
    return str(
        alice.page.evaluate(
            """() => {
              let node = document.activeElement;
              while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
              return node.getAttribute("aria-label") ?? node.textContent;
            }"""
        )
    )


def test_the_bells_name_says_the_count(alice: Desk) -> None:
    expect(alice.bell).to_have_accessible_name("Notifications")

    for title in ("one", "two", "three"):
        alice.post(title)

    expect(alice.bell).to_have_accessible_name("Notifications, 3 unread")
    expect(alice.bell.locator(".badge")).to_have_text("3")


def test_a_hundred_and_more_are_99_and_the_name_says_how_many(alice: Desk) -> None:
    for n in range(101):
        alice.post(f"number {n}")

    expect(alice.bell.locator(".badge")).to_have_text("99+")
    expect(alice.bell).to_have_accessible_name("Notifications, 101 unread")


def test_it_opens_on_what_came_and_escape_returns_the_focus(alice: Desk) -> None:
    alice.post("look at me")
    alice.bell.focus()

    alice.page.keyboard.press("Enter")

    expect(alice.page.get_by_role("dialog", name="Notifications")).to_be_visible()
    expect(alice.row("look at me")).to_be_visible()
    expect(alice.bell).to_have_attribute("aria-expanded", "true")

    alice.page.keyboard.press("Escape")

    expect(alice.panel).to_have_count(0)
    expect(alice.bell).to_be_focused()
    expect(alice.bell).to_have_attribute("aria-expanded", "false")


def test_a_click_outside_the_panel_closes_it(alice: Desk) -> None:
    alice.open()

    alice.page.mouse.click(5, 300)

    expect(alice.panel).to_have_count(0)


def test_the_focus_stays_in_the_open_panel(alice: Desk) -> None:
    alice.post("only one")
    alice.open()

    outside = set()
    for _ in range(40):
        alice.page.keyboard.press("Tab")
        outside.add(alice.page.evaluate("document.activeElement.localName"))

    # The browser's own window is the only other stop.
    assert outside <= {"notification-bell", "body"}


def test_what_comes_while_it_is_open_comes_in(alice: Desk) -> None:
    alice.open()

    alice.post("came just now")

    expect(alice.rows.first).to_contain_text("came just now")


def test_a_row_is_marked_read_and_unread(alice: Desk) -> None:
    alice.post("read me")
    alice.open()
    row = alice.row("read me")

    row.hover()
    row.get_by_role("button", name="Mark as read").click()

    expect(row.get_by_role("button", name="Mark as unread")).to_be_visible()
    expect(alice.bell.locator(".badge")).to_be_hidden()
    assert alice.ask("GET", "notifications/count")["count"]["unread"] == 0

    row.get_by_role("button", name="Mark as unread").click()

    expect(alice.bell.locator(".badge")).to_have_text("1")


def test_what_is_archived_goes_and_undo_brings_it_back(alice: Desk) -> None:
    alice.post("put me away")
    alice.open()
    row = alice.row("put me away")

    row.hover()
    row.get_by_role("button", name="Archive").click()

    expect(row).to_have_count(0)
    bar = alice.panel.get_by_role("status").filter(has_text="Archived.")

    bar.get_by_role("button", name="Undo").click()

    expect(row).to_be_visible()
    expect(bar).to_have_count(0)
    # The row is back before the hub has heard of it.
    until_in(
        alice.page,
        lambda: alice.ask("GET", "notifications?filter=archived")["items"] == [],
        "the hub has it back",
    )


def test_it_is_all_done_by_keyboard(alice: Desk) -> None:
    for title in ("third", "second", "first"):
        alice.post(title)
    alice.open()
    press = alice.page.keyboard.press

    press("j")
    press("j")
    assert focused(alice) == "second"

    press("e")
    assert focused(alice) == "third"
    expect(alice.row("second")).to_have_count(0)

    press("z")
    expect(alice.row("second")).to_be_visible()
    assert focused(alice) == "second"

    press("x")
    press("k")
    press("x")
    expect(alice.panel.get_by_text("2 selected")).to_be_visible()

    press("u")
    expect(alice.panel.get_by_role("status").filter(has_text="2 marked as read.")).to_be_visible()
    expect(alice.bell.locator(".badge")).to_have_text("1")

    press("?")
    expect(alice.panel.get_by_role("definition").filter(has_text="Archive")).to_be_visible()


def test_the_views_show_what_they_say(alice: Desk) -> None:
    read, kept = alice.post("was read"), alice.post("was kept")
    alice.post("is unread")
    alice.ask("PUT", f"notifications/{read}/reading")
    alice.ask("PUT", f"notifications/{kept}/archive")
    alice.open()

    alice.panel.get_by_role("button", name="Unread", exact=True).click()
    expect(alice.rows).to_have_count(1)
    expect(alice.rows).to_contain_text("is unread")

    alice.panel.get_by_role("button", name="Archived", exact=True).click()
    expect(alice.row("was kept")).to_be_visible()
    alice.ask("DELETE", f"notifications/{kept}/archive")
    expect(alice.row("was kept")).to_have_count(0)


def test_all_is_marked_read_at_once(alice: Desk) -> None:
    alice.post("one of two")
    alice.post("two of two")
    alice.open()

    alice.panel.get_by_role("button", name="Mark all as read").click()

    expect(alice.panel.locator(".row.unread")).to_have_count(0)
    expect(alice.bell).to_have_accessible_name("Notifications")


def test_a_row_says_why_it_came(alice: Desk) -> None:
    alice.post("why me", category="security")
    alice.open()

    alice.row("why me").get_by_text("Why am I getting this?").click()

    expect(alice.row("why me")).to_contain_text(
        "It was sent to you directly. “security” can’t be turned off."
    )


def test_seventy_rows_come_by_and_by(alice: Desk) -> None:
    for n in range(70):
        alice.post(f"row {n}")
    alice.open()
    assert alice.rows.count() < 70

    for _ in range(3):
        before = alice.rows.count()
        alice.rows.last.scroll_into_view_if_needed()
        expect(alice.rows.nth(before)).to_be_attached()

    titles = alice.rows.locator(".title").all_inner_texts()
    assert titles[:70] == [f"row {n}" for n in reversed(range(70))]
    assert len(titles) == len({row.get_attribute("data-id") for row in alice.rows.all()})


def test_what_cannot_be_saved_comes_back_and_says_so(alice: Desk) -> None:
    alice.post("stays here")
    alice.open()
    alice.page.route("**/archive", lambda route: route.abort())

    alice.row("stays here").hover()
    alice.row("stays here").get_by_role("button", name="Archive").click()

    expect(alice.panel.get_by_role("alert")).to_contain_text("Couldn’t save.")
    expect(alice.row("stays here")).to_be_visible()


def test_a_refusal_withdraws_no_other_offer_to_undo(alice: Desk) -> None:
    """It emptied the bar, whatever was offered there by then."""
    late = alice.post("refused late")
    alice.post("archived since")
    alice.open()
    held: list[Route] = []
    alice.page.route(f"**/{late}/archive", lambda route: held.append(route))
    for title in ("refused late", "archived since"):
        alice.row(title).hover()
        alice.row(title).get_by_role("button", name="Archive").click()
        expect(alice.row(title)).to_have_count(0)
    undo = alice.panel.get_by_role("button", name="Undo")
    undo.hover()  # it stays
    until_in(alice.page, lambda: bool(held), "the first one is on its way")

    held[0].abort()

    expect(alice.panel.get_by_role("alert")).to_contain_text("Couldn’t save.")
    expect(alice.row("refused late")).to_be_visible()
    undo.click()
    expect(alice.row("archived since")).to_be_visible()


def test_what_was_read_stays_read_when_all_is_seen(alice: Desk) -> None:
    """Of all only the moments that are given hold: the others were taken for taken back."""
    read = alice.post("was read")
    alice.open()
    alice.ask("PUT", f"notifications/{read}/reading")
    alice.post("not seen yet")
    expect(alice.row("was read").get_by_role("button", name="Mark as unread")).to_be_attached()
    expect(alice.row("not seen yet")).to_be_visible()

    alice.ask("POST", "notifications/seen")
    alice.post("since then")

    expect(alice.row("since then")).to_be_visible()
    expect(alice.row("was read").get_by_role("button", name="Mark as unread")).to_be_attached()


def test_undo_leaves_alone_what_was_read_before(alice: Desk) -> None:
    """All that was selected became unread, though only some had been."""
    read = alice.post("had been read")
    alice.post("had not been")
    alice.ask("PUT", f"notifications/{read}/reading")
    alice.open()
    for title in ("had not been", "had been read"):
        alice.row(title).get_by_role("checkbox").check(force=True)
    alice.page.keyboard.press("u")
    bar = alice.panel.get_by_role("status").filter(has_text="Marked as read.")
    expect(alice.panel.locator(".row.unread")).to_have_count(0)

    bar.get_by_role("button", name="Undo").click()

    expect(alice.row("had not been").get_by_role("button", name="Mark as read")).to_be_visible()
    expect(alice.panel.locator(".row.unread")).to_have_count(1)


def test_a_page_may_open_notifications_by_itself(alice: Desk) -> None:
    id = alice.post("route me", url="/elsewhere")
    alice.page.evaluate(
        """addEventListener("notification-open", (event) => {
          event.preventDefault();
          window.opened = event.detail.title;
        })"""
    )
    alice.open()

    with alice.page.expect_request(f"**/api/v1/notifications/{id}/click") as request:
        alice.page.get_by_role("link", name="route me", exact=True).click()

    assert request.value.method == "PUT"
    expect(alice.panel).to_have_count(0)
    assert alice.page.evaluate("window.opened") == "route me"
    assert alice.page.url.endswith("/preferences/")
    expect(alice.bell).to_have_accessible_name("Notifications")


def test_it_may_be_moved_doubled_and_loaded_twice(alice: Desk) -> None:
    alice.page.evaluate(
        """async () => {
          const bell = document.querySelector("notification-bell");
          document.querySelector("main").append(bell, bell.cloneNode(true));
          await import("/static/notifications/bell.js?again");
          await import("/static/notifications/toasts.js?again");
        }"""
    )

    alice.post("heard by both")

    for n in range(2):
        expect(alice.bell.nth(n)).to_have_accessible_name("Notifications, 1 unread")


def test_without_javascript_it_is_a_link_to_the_inbox(cluster: Cluster, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{cluster.http_url}/preferences/")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()

    page.locator("notification-bell").get_by_role("link", name="Notifications").click()

    expect(page).to_have_url(f"{cluster.http_url}/")
    context.close()
