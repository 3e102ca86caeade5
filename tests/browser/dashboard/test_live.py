"""Staff watch two instances: numbers move, a connection is found and sent away, an instance is emptied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.tabs import sign_in, state, until, until_in
from tests.browser.test_accessible import LOOKS, faultless
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

PATIENCE_MS = 20_000
PAGES = ("", "connections/", "connections/?kind=pigeon", "rooms/", "rooms/lobby/", "runs/")


@contextmanager
def admin(browser: Browser, cluster: Cluster, **look: Any) -> Iterator[Page]:
    """Signed in as staff."""
    with signed_in(browser, cluster, "admin", **look) as page:
        page.set_default_timeout(PATIENCE_MS)
        yield page


@pytest.fixture
def staff(browser: Browser, cluster: Cluster) -> Iterator[Page]:
    with admin(browser, cluster) as page:
        yield page


@pytest.fixture
def alice(browser: Browser, cluster: Cluster) -> Iterator[Page]:
    context = browser.new_context()
    yield sign_in(context, cluster, "alice")
    context.close()


def look_at(page: Page, cluster: Cluster, path: str) -> None:
    page.goto(f"{cluster.http_url}/dashboard/{path}")
    page.locator("#state[data-state=live]").wait_for()


def confirm(page: Page) -> None:
    page.locator("#ask button[value=yes]").click()
    page.mouse.move(0, 0)  # rows wait while one points at them


def row_of(page: Page, name: str, kind: str = "Feed") -> Locator:
    return page.locator(f"#list tr:not(.gone)[data-name={name}]").filter(has_text=kind)


def identity(row: Locator) -> tuple[str | None, str | None]:
    return row.get_attribute("data-instance"), row.get_attribute("data-number")


def number(page: Page, id: str) -> float:
    found = re.search(r"[\d.]+", page.locator(f"#n-{id}").inner_text())
    return float(found[0]) if found else -1


def test_the_numbers_of_both_instances_appear_and_move(
    staff: Page, browser: Browser, cluster: Cluster, api: httpx.Client
) -> None:
    look_at(staff, cluster, "")
    expect(staff.locator("#pills .pill")).to_have_count(2, timeout=PATIENCE_MS)
    expect(staff.locator("#n-instances")).to_have_text("2")
    before = number(staff, "feeds")

    context = browser.new_context()
    sign_in(context, cluster, "alice")
    for _ in range(40):
        api.post("/api/v1/notifications", json={"to": ["everyone"], "title": "a delivery"})

    until_in(staff, lambda: number(staff, "feeds") > before, "the feed is counted")
    until_in(staff, lambda: number(staff, "deliveries") > 1, "the deliveries are counted")
    expect(staff.locator("#chart-deliveries path.line")).to_have_count(2)
    expect(staff.locator("#chart-deliveries svg")).to_have_attribute(
        "aria-label", re.compile("Now .*/s, maximum"), timeout=PATIENCE_MS
    )
    context.close()


def test_a_connection_that_is_disconnected_comes_back_as_another(
    staff: Page, alice: Page, cluster: Cluster
) -> None:
    look_at(staff, cluster, "connections/?person=alice&kind=feed")
    row = row_of(staff, "alice")
    expect(row).to_have_count(1, timeout=PATIENCE_MS)
    expect(staff.locator("#shown")).to_have_text("Showing 1 of 1")
    before = identity(row)

    row.get_by_role("button", name="Disconnect").click()
    expect(staff.locator("#ask")).to_contain_text("Disconnect alice?")
    confirm(staff)

    expect(staff.locator("#done")).to_contain_text("Disconnecting connection")

    def another() -> bool:
        # In one question: for a moment both are shown, or none.
        found = row.evaluate_all("rows => rows.map(({dataset}) => [dataset.instance, dataset.number])")
        return len(found) == 1 and found != [[*before]]

    until_in(staff, another, "another connection is shown")
    until(lambda: state(alice) == "live", "alice is back")


def test_a_test_is_sent_from_the_list(staff: Page, alice: Page, cluster: Cluster) -> None:
    look_at(staff, cluster, "connections/?person=alice&kind=feed")

    row_of(staff, "alice").get_by_role("button", name="Test").click()

    expect(staff.locator("#done")).to_have_text("Test sent to alice.")
    until_in(alice, lambda: "Test from the dashboard" in alice.evaluate("window.received"), "it came")


def test_rows_stay_what_they_are_and_keep_the_focus(staff: Page, alice: Page, cluster: Cluster) -> None:
    look_at(staff, cluster, "connections/")
    row = row_of(staff, "alice")
    expect(row).to_have_count(1, timeout=PATIENCE_MS)
    row.get_by_role("button", name="Disconnect").focus()
    row.evaluate("(row) => (row.marked = true)")
    age = row.locator("td.number").inner_text()

    until_in(staff, lambda: row.locator("td.number").inner_text() != age, "the row was written anew")

    assert row.evaluate("(row) => row.marked && row.contains(document.activeElement)")


def test_an_instance_is_drained_and_undrained_by_keyboard(staff: Page, alice: Page, cluster: Cluster) -> None:
    look_at(staff, cluster, "connections/?person=alice&kind=feed")
    row = row_of(staff, "alice")
    expect(row).to_have_count(1, timeout=PATIENCE_MS)
    name = str(row.get_attribute("data-instance"))
    drained = staff.locator(f"#instances tr[data-instance='{name}']")
    other = staff.locator(f"#instances tr:not([data-instance='{name}'])")

    drained.get_by_role("button", name="Drain").focus()
    staff.keyboard.press("Enter")
    expect(staff.locator("#ask")).to_contain_text(f"Drain {name}?")
    staff.keyboard.press("Tab")
    staff.keyboard.press("Shift+Tab")
    staff.keyboard.press("Enter")

    expect(drained).to_contain_text("draining", timeout=PATIENCE_MS)
    until_in(
        staff,
        lambda: row.count() == 1 and row.get_attribute("data-instance") != name,
        "alice is on the other instance",
    )
    other.get_by_role("button", name="Drain").click()
    expect(staff.locator("#notice")).to_contain_text("is the only instance accepting connections")
    expect(staff.locator("#ask")).not_to_be_visible()

    drained.get_by_role("button", name="Resume").click()
    confirm(staff)
    expect(drained).to_contain_text("live", timeout=PATIENCE_MS)


def test_an_instance_that_is_killed_falls_silent(staff: Page, cluster: Cluster) -> None:
    look_at(staff, cluster, "connections/")
    expect(staff.locator("#instances tr")).to_have_count(2, timeout=PATIENCE_MS)
    victim = cluster.instances[1]

    victim.kill()

    expect(staff.locator(f"#instances tr[data-instance='{victim.name}']")).to_contain_text(
        "unresponsive", timeout=PATIENCE_MS
    )
    expect(staff.locator("#instances tr").filter(has_text="live")).to_have_count(1)
    victim.start()
    victim.wait_ready(60)
    expect(staff.locator("#instances tr").filter(has_text="live")).to_have_count(2, timeout=PATIENCE_MS)


def test_a_tail_shows_what_is_sent_to_a_person_and_pauses(
    staff: Page, cluster: Cluster, api: httpx.Client
) -> None:
    def send(title: str) -> None:
        api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})

    staff.goto(f"{cluster.http_url}/dashboard/tail/?person=alice")
    staff.get_by_role("button", name="Start watching").click()
    staff.locator("#state[data-state=live]").wait_for()

    send("<b>hostile</b>")
    event = staff.locator("#events .event").filter(has_text="<b>hostile</b>")
    expect(event).to_have_count(1)
    event.locator("summary").click()
    expect(event.locator("pre")).to_contain_text('"title": "<b>hostile</b>"')
    staff.get_by_role("button", name="Pause").click()
    send("while it pauses")
    expect(staff.locator("#later")).to_have_text("Paused: 1 more")
    expect(staff.locator("#events .event")).to_have_count(1)
    staff.get_by_role("button", name="Resume").click()

    expect(staff.locator("#events .event").filter(has_text="while it pauses")).to_have_count(1)
    expect(staff.locator("#events")).to_have_attribute("aria-live", "off")


def test_who_is_in_a_room_is_seen_and_removed(staff: Page, alice: Page, cluster: Cluster) -> None:
    alice.goto(f"{cluster.http_url}/rooms/lobby/")
    alice.locator("#state[data-state=live]").wait_for()
    look_at(staff, cluster, "rooms/lobby/")
    here = staff.locator("#people li").filter(has_text="alice")
    expect(here).to_have_count(1, timeout=PATIENCE_MS)

    here.get_by_role("button", name="Remove alice").click()
    confirm(staff)

    expect(staff.get_by_text("Removed alice.")).to_be_visible()
    expect(alice.get_by_text("You no longer have access to this room.")).to_be_visible(timeout=PATIENCE_MS)
    staff.get_by_role("button", name="Readmit alice").click()
    expect(staff.get_by_text("Readmitted alice.")).to_be_visible()


def test_a_run_is_counted_and_stopped_by_the_keyboard(
    staff: Page, cluster: Cluster, api: httpx.Client
) -> None:
    look_at(staff, cluster, "runs/")
    run = api.post("/api/v1/runs", json={"owner": "alice", "title": "Crawl <b>"}).json()["run"]
    row = staff.locator(f"#open tr[data-run='{run}']")
    expect(row).to_contain_text("Crawl <b>", timeout=PATIENCE_MS)
    expect(row).to_contain_text("alice")
    tokens = [{"type": "token", "data": {"text": "secret "}}] * 40
    path = f"/api/v1/runs/{run}/events"
    api.post(path, json={"events": tokens}).raise_for_status()
    expect(row).to_contain_text("40", timeout=PATIENCE_MS)
    expect(staff.locator("#shown")).to_have_text(re.compile(r"^[1-9][\d.]* tokens/s in all$"))

    staff.get_by_role("button", name="Stop Crawl <b>").focus()
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("heading", name="Stop “Crawl <b>”?")).to_be_visible()
    staff.locator("#ask button[value=yes]").focus()
    staff.keyboard.press("Enter")

    expect(staff.get_by_text("Stopped.")).to_be_visible()
    expect(staff.locator(f"#ended tr[data-run='{run}']")).to_contain_text("stopped", timeout=PATIENCE_MS)
    expect(row).to_have_count(0)
    expect(staff.locator("main")).not_to_contain_text("secret")
    assert api.post(path, json={"events": tokens}).json()["stop"] is True


@pytest.mark.parametrize("look", ["light", "dark phone in arabic"])
def test_every_page_is_faultless(
    browser: Browser, cluster: Cluster, alice: Page, api: httpx.Client, look: str
) -> None:
    with admin(browser, cluster, **{**LOOKS[look], "reduced_motion": "reduce"}) as page:
        for path in PAGES:
            look_at(page, cluster, path)
            if path.startswith("connections"):
                page.locator("#instances tr").first.wait_for()
            if path == "connections/":
                page.locator("#list tr").first.wait_for()
            faultless(page, f"{look}: /{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        look_at(page, cluster, "connections/")
        page.locator("#list [data-act=disconnect]").first.click()
        faultless(page, f"{look}: asked whether one is sure")
        page.goto(f"{cluster.http_url}/dashboard/tail/?topic=everyone")
        faultless(page, f"{look}: before a tail")
        page.locator(".tail-form .main").click()
        page.locator("#state[data-state=live]").wait_for()
        api.post("/api/v1/notifications", json={"to": ["everyone"], "title": "seen"})
        page.locator("#events summary").first.click()
        faultless(page, f"{look}: a tail")
