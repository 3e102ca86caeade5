"""Everybody can use it: axe finds no fault, the keyboard does all, and what comes is said."""

from __future__ import annotations

import re
from base64 import b32decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django_otp.oath import totp
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import Desk, desk
from tests.browser.tabs import store_script
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

# All of WCAG 2.2 AA and what axe calls best practice; no rule is left out.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "arabic": {"color_scheme": "light", "locale": "ar"},
    "phone": {"color_scheme": "light", **PHONE},
    "dark phone in arabic": {"color_scheme": "dark", "locale": "ar", **PHONE},
}
AXE = Axe().axe_script
GATHERED_MS = 400
ANIMATIONS = """() => {
  const roots = [document];
  for (const root of roots) {
    for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
  }
  const moving = roots.flatMap((root) => root.getAnimations());
  return moving.filter(({ playState }) => playState === "running").length;
}"""

COUNT_ANIMATIONS = f"""() => {{
  window.moved = 0;
  const look = () => {{
    window.moved = Math.max(window.moved, ({ANIMATIONS})());
    requestAnimationFrame(look);
  }};
  look();
}}"""


@pytest.fixture(params=LOOKS, ids=lambda name: name.replace(" ", "-"))
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    # A colour on its way from one to the other is no colour to be judged.
    return {**LOOKS[request.param], "reduced_motion": "reduce"}


@pytest.fixture
def seen(cluster: Cluster, browser: Browser, api: httpx.Client, look: dict[str, Any]) -> Iterator[Desk]:
    with desk(cluster, browser, api, **look) as alice:
        yield alice


@pytest.fixture
def alice(cluster: Cluster, browser: Browser, api: httpx.Client) -> Iterator[Desk]:
    with desk(cluster, browser, api) as alice:
        yield alice


def faultless(page: Page, state: str) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("async (options) => (await axe.run(options)).violations", OPTIONS)
    faults = [
        f"{state}: {fault['id']} at {node['target']}: {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]
    assert faults == []


def test_signing_in_is_faultless(cluster: Cluster, browser: Browser, look: dict[str, Any]) -> None:
    context = browser.new_context(**look)
    page = context.new_page()

    page.goto(f"{cluster.http_url}/")
    faultless(page, "login")

    page.locator("[name=username]").fill("nobody")
    page.locator("[name=password]").fill("wrong")
    page.locator(".sign-in button").click()
    page.get_by_role("alert").wait_for()
    faultless(page, "login, refused")
    context.close()


def test_setting_up_a_second_factor_is_faultless(
    cluster: Cluster, browser: Browser, look: dict[str, Any]
) -> None:
    with signed_in(browser, cluster, "carol", **look) as page:
        page.goto(f"{cluster.http_url}/accounts/second-factor/")
        faultless(page, "enrol")

        key = page.locator("code").inner_text().replace(" ", "")
        page.locator("[name=code]").fill(f"{totp(b32decode(key)):06d}")
        page.locator("[name=password]").fill("demo")
        page.get_by_role("button", name=re.compile("Set up|إعداد")).click()
        page.locator(".codes").wait_for()
        faultless(page, "codes")

        page.goto(f"{cluster.http_url}/accounts/second-factor/")
        faultless(page, "enrolled")
    cluster.manage("second_factor", "carol", "--remove")


def test_the_inbox_is_faultless_in_every_state(seen: Desk) -> None:
    page, address = seen.page, seen.page.url.removesuffix("/preferences/")
    for severity in ("info", "success", "warning", "error", "critical"):
        seen.post(f"one of {severity}", body="And what there is to say of it.", severity=severity)
    seen.ask("PUT", f"notifications/{seen.post('put away', url='/there')}/archive")

    page.goto(address)
    rows = page.locator("#days .row")
    page.locator("#state[data-state=live]").wait_for()
    faultless(page, "inbox")
    rows.nth(1).focus()
    rows.nth(1).locator("summary").click()
    faultless(page, "inbox with a reason told")
    page.keyboard.press("x")
    page.locator("#selection").wait_for()
    faultless(page, "inbox with a selection")
    page.keyboard.press("e")
    page.locator("#undo button").wait_for()
    faultless(page, "inbox with an undo")
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()
    faultless(page, "inbox with its shortcuts")
    page.keyboard.press("Escape")
    for view in ("?filter=archived", "?q=nothing+of+this+kind"):
        page.goto(f"{address}/{view}")
        page.locator("#state[data-state=live]").wait_for()
        faultless(page, view)
    seen.ask("POST", "notifications/read-all")
    page.goto(f"{address}/?filter=unread")
    page.locator("#empty").wait_for()
    faultless(page, "inbox with nothing unread")


def test_the_other_pages_are_faultless(seen: Desk) -> None:
    page, address = seen.page, seen.page.url.removesuffix("/preferences/")
    ids = seen.post("with a link", body="And more.", url="/elsewhere"), seen.post("without")

    for path in (
        *(f"/notifications/{id}/" for id in ids),
        "/preferences/",
        "/preferences/?saved=1",
        "/nowhere",
    ):
        page.goto(f"{address}{path}")
        page.locator("notification-bell button.bell[data-state=live]").wait_for()
        faultless(page, path)
    page.goto(f"{address}/preferences/")
    page.locator("#quiet").check()
    page.locator("#end").fill(page.locator("#start").input_value())
    page.locator("#preferences .main").click()
    page.locator("main").get_by_role("alert").wait_for()
    faultless(page, "preferences, refused")


def test_the_bell_and_its_panel_are_faultless(seen: Desk) -> None:
    page = seen.page
    for severity in ("info", "critical"):
        seen.post(f"one of {severity}", body="And what there is to say of it.", severity=severity)
    page.reload()

    expect(seen.bell.locator(".badge")).to_have_text("2")
    faultless(page, "bell")
    seen.open()
    expect(seen.row("one of critical").first).to_be_visible()
    faultless(page, "panel")
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("x")
    seen.rows.first.locator("summary").click()
    faultless(page, "panel with its shortcuts, a selection and a reason told")
    page.keyboard.press("e")
    seen.panel.locator(".bar button").wait_for()
    faultless(page, "panel with an undo")
    seen.ask("POST", "notifications/read-all")
    seen.panel.locator("button[value=unread]").click()
    seen.panel.locator(".empty h3").wait_for()
    faultless(page, "panel with nothing unread")


def test_toasts_are_faultless(seen: Desk) -> None:
    for number, severity in enumerate(("success", "warning", "error", "info", "critical")):
        seen.post(f"toast {number}", body="And more.", severity=severity)
        seen.toast(f"toast {number}").wait_for()
        seen.toasts.first.get_by_role("button").focus()  # which keeps them all
    expect(seen.toasts).to_have_count(3)
    expect(seen.more).to_be_visible()
    faultless(seen.page, "toasts")

    for number in range(8):
        seen.post(f"storm {number}")
    seen.toasts.locator("button.title").wait_for()
    faultless(seen.page, "summary")


def test_the_whole_triage_in_the_panel_by_keyboard_alone(alice: Desk) -> None:
    ids = [alice.post(title) for title in ("third", "second", "first")]
    expect(alice.bell).to_have_accessible_name("Notifications, 3 unread")
    press = alice.page.keyboard.press

    for _ in range(20):
        press("Tab")
        if alice.bell.evaluate("(bell) => bell.matches(':focus')"):
            break
    press("Enter")
    expect(alice.row("first")).to_be_visible()
    press("j")
    expect(alice.row("first").get_by_role("link")).to_be_focused()
    press("e")
    expect(alice.row("first")).to_have_count(0)
    expect(alice.row("second").get_by_role("link")).to_be_focused()
    press("e")
    expect(alice.row("second")).to_have_count(0)
    press("z")
    expect(alice.row("second").get_by_role("link")).to_be_focused()
    press("u")
    expect(alice.bell).to_have_accessible_name("Notifications, 1 unread")
    press("Escape")

    expect(alice.panel).to_have_count(0)
    expect(alice.bell).to_be_focused()
    third, second, first = (alice.ask("GET", f"notifications/{id}") for id in ids)
    assert first["archived_at"]
    assert second["read_at"]
    assert not second["archived_at"]
    assert not third["read_at"]


def test_slash_in_the_panel_leads_to_the_inboxs_search(alice: Desk) -> None:
    alice.open()
    alice.page.keyboard.press("/")
    expect(alice.page.get_by_role("searchbox")).to_be_focused()

    alice.open()
    alice.page.keyboard.press("/")

    expect(alice.panel).to_have_count(0)
    expect(alice.page.get_by_role("searchbox")).to_be_focused()


def test_several_rows_are_selected_by_touch(cluster: Cluster, browser: Browser, api: httpx.Client) -> None:
    with desk(cluster, browser, api, **PHONE) as alice:
        for title in ("one", "two"):
            alice.post(title)
        alice.page.locator("nav").get_by_role("link", name="Inbox").tap()
        alice.page.locator("#inbox.lively").wait_for()
        rows = alice.page.locator("#days .row")

        rows.nth(0).locator(".mark").tap()
        rows.nth(1).locator(".mark").tap()
        expect(alice.page.locator("#selected")).to_have_text("2 selected")
        alice.page.locator("#selection").get_by_role("button", name="Mark as read").tap()

        expect(alice.page.locator("#days .row.unread")).to_have_count(0)
        rows.nth(0).get_by_text("Why am I getting this?").tap()
        expect(rows.nth(0)).to_contain_text("It was sent to you directly.")


def test_notifications_are_announced_politely_and_only_critical_ones_at_once(alice: Desk) -> None:
    page = alice.page
    page.clock.install()
    expect(alice.polite).to_be_attached()
    expect(alice.polite).to_have_text("")

    alice.post("a build is done")
    expect(alice.polite).to_have_text("New: a build is done")
    with page.expect_event("console", lambda message: message.text == "three"):
        page.evaluate(
            f"""async () => {{
              {store_script()}
              let n = 0;
              store.addEventListener("notification", () => ++n === 3 && console.log("three"));
            }}"""
        )
        page.clock.pause_at(datetime.now() + timedelta(seconds=5))
        for title in ("and", "another", "and one more"):
            alice.post(title)
    page.clock.run_for(GATHERED_MS)
    expect(alice.polite).to_have_text("3 new notifications")
    expect(alice.alert).to_have_text("")
    page.clock.resume()

    alice.post("the house burns", severity="critical")

    expect(alice.alert).to_have_text("Critical: the house burns")
    expect(alice.polite).to_have_text("3 new notifications")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_nothing_moves_with_reduced_motion(
    cluster: Cluster, browser: Browser, api: httpx.Client, motion: str
) -> None:
    with desk(cluster, browser, api, reduced_motion=motion) as alice:
        page = alice.page
        page.evaluate(COUNT_ANIMATIONS)
        alice.post("a toast")
        alice.toast("a toast").wait_for()
        alice.open()
        page.keyboard.press("Escape")
        toasts = page.evaluate("window.moved")
        page.goto(f"{page.url.removesuffix('/preferences/')}/")
        page.locator("#state[data-state=live]").wait_for()
        alice.post("a fresh row")
        page.locator("#days .row", has_text="a fresh row").first.wait_for()

        rows = page.evaluate(ANIMATIONS)

    assert (toasts > 0, rows > 0) == ((motion == "no-preference"),) * 2
