"""Toasts: few, calm, heard as well as seen, and gone once they were read anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.desk import Desk, desk
from tests.browser.tabs import store_script, until_in
from tests.cluster import Cluster

GATHERED_MS = 400
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def alice(cluster: Cluster, browser: Browser, api: httpx.Client) -> Iterator[Desk]:
    with desk(cluster, browser, api) as alice:
        alice.page.clock.install()
        yield alice


def toasted(alice: Desk, title: str, **more: str) -> str:
    id = alice.post(title, **more)
    expect(alice.toast(title)).to_be_visible()
    return id


def test_three_are_visible_and_the_others_counted(alice: Desk) -> None:
    for title in ("first", "second", "third", "fourth", "fifth"):
        toasted(alice, title)

    expect(alice.toasts.locator(".title")).to_have_text(["fifth", "fourth", "third"])
    expect(alice.more).to_have_text("2 more")

    alice.more.click()

    expect(alice.panel).to_be_visible()


def test_each_goes_after_its_time_and_a_critical_one_stays(alice: Desk) -> None:
    toasted(alice, "stays", severity="critical")
    toasted(alice, "ten seconds", severity="warning")
    toasted(alice, "six seconds")

    alice.page.clock.fast_forward(6100)
    expect(alice.toast("six seconds")).to_have_count(0)
    expect(alice.toast("ten seconds")).to_be_visible()

    alice.page.clock.fast_forward(4000)
    expect(alice.toast("ten seconds")).to_have_count(0)

    alice.page.clock.fast_forward(60_000)
    expect(alice.toast("stays")).to_be_visible()

    alice.toast("stays").get_by_role("button", name="Dismiss").click()
    expect(alice.toasts).to_have_count(0)


def test_they_wait_while_the_mouse_is_on_them(alice: Desk) -> None:
    toasted(alice, "hovered")
    alice.toast("hovered").hover()

    alice.page.clock.fast_forward(30_000)
    expect(alice.toast("hovered")).to_be_visible()

    alice.page.mouse.move(5, 5)
    alice.page.clock.fast_forward(6100)
    expect(alice.toasts).to_have_count(0)


def test_they_wait_while_they_have_the_focus_and_escape_gives_it_back(alice: Desk) -> None:
    toasted(alice, "focused")
    alice.bell.focus()
    alice.toast("focused").get_by_role("button", name="Dismiss").focus()

    alice.page.clock.fast_forward(30_000)
    expect(alice.toast("focused")).to_be_visible()

    alice.page.keyboard.press("Escape")
    expect(alice.toasts).to_have_count(0)
    expect(alice.bell).to_be_focused()


def test_a_toast_never_gets_the_focus(alice: Desk) -> None:
    alice.bell.focus()

    toasted(alice, "look, no hands", severity="critical")

    expect(alice.bell).to_be_focused()


def test_the_polite_region_says_what_came(alice: Desk) -> None:
    expect(alice.polite).to_have_text("")

    alice.post("a build is done")
    expect(alice.polite).to_have_text("New: a build is done")

    with alice.page.expect_event("console", lambda message: message.text == "two"):
        alice.page.evaluate(
            f"""async () => {{
              {store_script()}
              let n = 0;
              store.addEventListener("notification", () => ++n === 2 && console.log("two"));
            }}"""
        )
        alice.page.clock.pause_at(datetime.now() + timedelta(seconds=5))
        alice.post("and")
        alice.post("another")
    alice.page.clock.run_for(GATHERED_MS)
    expect(alice.polite).to_have_text("2 new notifications")


def test_only_what_is_critical_is_in_the_alert_region(alice: Desk) -> None:
    toasted(alice, "a build is done")
    expect(alice.alert).to_have_text("")

    toasted(alice, "the house burns", severity="critical")

    expect(alice.alert).to_have_text("Critical: the house burns")
    expect(alice.polite).to_have_text("New: a build is done")


def test_many_at_once_are_one_summary_and_a_critical_one_its_own_toast(alice: Desk) -> None:
    for n in range(20):
        alice.post(f"storm {n}")
    expect(alice.toasts).to_have_count(1)
    expect(alice.toasts).to_contain_text("20 new notifications")

    toasted(alice, "the house burns", severity="critical")
    read = alice.post("one more")
    expect(alice.toast("21 new notifications")).to_be_visible()
    expect(alice.toasts).to_have_count(2)

    alice.ask("PUT", f"notifications/{read}/reading")
    expect(alice.toast("20 new notifications")).to_be_visible()

    alice.page.get_by_role("button", name="20 new notifications").click()
    expect(alice.panel).to_be_visible()


@pytest.mark.parametrize("act", ["reading", "archive"])
def test_what_is_read_or_archived_elsewhere_loses_its_toast(alice: Desk, act: str) -> None:
    id = toasted(alice, "seen on the phone", severity="critical")

    alice.ask("PUT", f"notifications/{id}/{act}")

    expect(alice.toasts).to_have_count(0)


def test_read_all_elsewhere_closes_them_all(alice: Desk) -> None:
    toasted(alice, "one")
    toasted(alice, "two", severity="critical")

    alice.ask("POST", "notifications/read-all")

    expect(alice.toasts).to_have_count(0)


def test_there_is_none_while_the_panel_is_open_but_it_is_announced(alice: Desk) -> None:
    alice.open()

    alice.post("into the panel")

    expect(alice.row("into the panel")).to_be_visible()
    expect(alice.polite).to_have_text("New: into the panel")
    expect(alice.toasts).to_have_count(0)


def test_what_came_while_the_page_was_hidden_is_one_summary(alice: Desk) -> None:
    alice.page.evaluate(HIDE, True)
    alice.post("away 1")
    read = alice.post("away 2")
    alice.post("away 3")
    expect(alice.bell.locator(".badge")).to_have_text("3")
    alice.ask("PUT", f"notifications/{read}/reading")
    expect(alice.bell.locator(".badge")).to_have_text("2")
    alice.page.clock.fast_forward(60_000)
    expect(alice.toasts).to_have_count(0)

    alice.page.evaluate(HIDE, False)

    expect(alice.toasts).to_have_count(1)
    expect(alice.toasts).to_contain_text("2 new notifications")


def test_it_is_one_summary_if_the_page_is_visible_before_the_view_is_loaded(alice: Desk) -> None:
    """They were judged when the stack was there, and by then somebody looked."""
    held: list[Route] = []
    alice.page.route("**/toasts/view.*.js", lambda route: held.append(route))
    alice.page.evaluate(HIDE, True)
    alice.post("away 1")
    alice.post("away 2")
    expect(alice.bell.locator(".badge")).to_have_text("2")
    alice.page.clock.fast_forward(GATHERED_MS)
    until_in(alice.page, lambda: bool(held), "the stack is asked for")

    alice.page.evaluate(HIDE, False)
    held[0].continue_()

    expect(alice.toasts).to_have_count(1)
    expect(alice.toasts).to_contain_text("2 new notifications")


def test_quiet_hours_hold_the_toast_and_never_the_row(alice: Desk) -> None:
    now = datetime.now(UTC)
    quiet = {
        "start": f"{now - timedelta(hours=1):%H:%M}",
        "end": f"{now + timedelta(hours=1):%H:%M}",
        "zone": "UTC",
    }
    alice.ask("PUT", "preferences", json={"categories": {}, "quiet_hours": quiet})

    alice.post("hush")
    toasted(alice, "the house burns", severity="critical")

    expect(alice.toasts).to_have_count(1)
    expect(alice.polite).to_have_text("")
    alice.open()
    expect(alice.row("hush")).to_be_visible()


def test_a_category_without_toasts_says_nothing(alice: Desk) -> None:
    choice = {"builds": {"feed": True, "toast": False}}
    alice.ask("PUT", "preferences", json={"categories": choice, "quiet_hours": None})

    alice.post("not a word")
    toasted(alice, "another category", category="deploys")

    expect(alice.toasts).to_have_count(1)
    expect(alice.polite).to_have_text("New: another category")
