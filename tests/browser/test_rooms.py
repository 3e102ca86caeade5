"""Rooms in real browsers: alice and bob, each on an instance of their own if it falls out so."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.tabs import members_of, until, until_in
from tests.browser.visitor import session, sign_out
from tests.cluster import Cluster

PATIENCE_MS = 40_000
SHOWS = "document.getElementById('canvas').toDataURL()"

Enter = Callable[[str, str], Page]


@pytest.fixture
def make_room(api: httpx.Client) -> Callable[[str], str]:
    """A new room of a kind; its name."""

    def make(kind: str) -> str:
        name = f"{kind}-{uuid.uuid4().hex[:8]}"
        answer = api.post("/api/v1/rooms", json={"name": name, "kind": kind, "members": "everyone"})
        assert answer.status_code == 201, answer.text
        return name

    return make


@pytest.fixture
def enter(cluster: Cluster, browser: Browser) -> Iterator[Enter]:
    """Somebody's tab in a room, live. What breaks the CSP and an error that nobody catches fail the test."""
    contexts: dict[str, BrowserContext] = {}
    wrong: list[str] = []

    def enter(who: str, room: str) -> Page:
        if who not in contexts:
            contexts[who] = browser.new_context()
            contexts[who].add_cookies(session(cluster, who))
        page = contexts[who].new_page()
        page.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{cluster.http_url}/rooms/{room}/")
        live(page)
        return page

    yield enter
    for context in contexts.values():
        context.close()
    assert wrong == []


def live(page: Page) -> None:
    expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)


def messages(page: Page) -> Locator:
    """What was said, without what is still to be said."""
    return page.locator("#turns .line")


def say(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_role("textbox", name="Message").fill(text)
        page.keyboard.press("Enter")


def draw(page: Page, *points: tuple[float, float]) -> None:
    box = page.locator("#canvas").bounding_box()
    assert box
    points_on_page = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*points_on_page[0])
    page.mouse.down()
    for point_on_page in points_on_page[1:]:
        page.mouse.move(*point_on_page, steps=5)
    page.mouse.up()


def test_a_message_appears_once_for_both_and_is_marked_as_own(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)

    say(alice, "one")
    expect(messages(bob)).to_have_text(["one"])
    say(bob, "two")

    for page in (alice, bob):
        expect(messages(page)).to_have_text(["one", "two"])
        expect(page.locator("#pending .line")).to_have_count(0)
    expect(alice.locator("#turns .mine .line")).to_have_text(["one"])
    expect(bob.get_by_role("log").locator(".turn", has_text="one").locator(".name")).to_have_text("alice")


def test_a_newcomer_sees_earlier_messages(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("chat")
    alice = enter("alice", room)
    texts = [f"line {number}" for number in range(40)]
    say(alice, *texts)
    expect(messages(alice)).to_have_text(texts, timeout=PATIENCE_MS)

    bob = enter("bob", room)

    expect(messages(bob)).to_have_text(texts)
    expect(messages(bob).last).to_be_in_viewport()


def test_shift_enter_breaks_the_text_and_enter_sends(enter: Enter, make_room: Callable[[str], str]) -> None:
    alice = enter("alice", make_room("chat"))
    text = alice.get_by_role("textbox", name="Message")

    text.press_sequentially("above")
    text.press("Shift+Enter")
    text.press_sequentially("below")
    text.press("Enter")

    expect(messages(alice)).to_have_text(["above\nbelow"], use_inner_text=True)
    expect(text).to_have_value("")
    expect(text).to_be_focused()


def test_typing_shows_and_goes(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)

    bob.get_by_role("textbox", name="Message").press_sequentially("soon said")
    expect(alice.locator("#typing")).to_have_text("bob is typing…")
    expect(bob.locator("#typing")).to_have_text("")
    bob.keyboard.press("Enter")
    expect(messages(alice)).to_have_text(["soon said"])
    expect(alice.locator("#typing")).to_have_text("")

    bob.get_by_role("textbox", name="Message").press_sequentially("never")
    expect(alice.locator("#typing")).to_have_text("bob is typing…")
    expect(alice.locator("#typing")).to_have_text("", timeout=8000)


def test_a_person_with_two_tabs_is_here_once(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("chat")
    alice = enter("alice", room)
    first = enter("bob", room)
    enter("bob", room)

    expect(alice.locator("#people li")).to_have_text([re.compile("alice"), re.compile("bob")])
    expect(alice.locator("#people summary")).to_have_text("2 online")

    first.close()
    say(alice, "still two?")
    expect(messages(alice)).to_have_count(1)
    expect(alice.locator("#people summary")).to_have_text("2 online")


def test_an_instance_killed_in_the_middle_costs_no_message(
    enter: Enter, make_room: Callable[[str], str], cluster: Cluster
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    say(alice, "before")
    expect(messages(bob)).to_have_text(["before"])
    served = next(one for one in cluster.instances if members_of(one.url))
    texts = [f"meanwhile {number}" for number in range(20)]

    served.kill()
    say(alice, *texts)

    for page in (alice, bob):
        expect(messages(page)).to_have_text(["before", *texts], timeout=PATIENCE_MS)
        expect(page.locator("#pending .line")).to_have_count(0)
    served.start()
    served.wait_ready(60)


def test_what_is_written_offline_is_sent_after_reconnecting(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    alice.context.set_offline(True)
    expect(alice.locator("#state")).to_have_text("offline")
    say(bob, "are you there?")
    expect(messages(bob)).to_have_text(["are you there?"])
    say(alice, "first", "second")
    expect(alice.locator("#pending .waiting .line")).to_have_text(["first", "second"])

    alice.context.set_offline(False)

    for page in (alice, bob):
        expect(messages(page)).to_have_text(["are you there?", "first", "second"], timeout=PATIENCE_MS)
    live(alice)


def test_a_reload_loses_no_pending_message(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    alice.evaluate("WebSocket.prototype.send = () => {}")
    say(alice, "kept", "and this")
    expect(alice.locator("#pending .waiting .line")).to_have_text(["kept", "and this"])

    alice.reload()

    for page in (alice, bob):
        expect(messages(page)).to_have_text(["kept", "and this"])
    expect(alice.locator("#pending .line")).to_have_count(0)


def test_signing_out_elsewhere_ends_it_and_a_link_leads_back(
    enter: Enter, make_room: Callable[[str], str], cluster: Cluster
) -> None:
    room = make_room("chat")
    alice = enter("alice", room)
    other = alice.context.new_page()
    other.goto(f"{cluster.http_url}/")

    sign_out(other)

    expect(alice.locator("#notice")).to_contain_text("You’ve been signed out.")
    expect(alice.locator("#state")).to_have_text("disconnected")
    alice.locator("#sign-in").click()
    expect(alice).to_have_url(f"{cluster.http_url}/accounts/login/?next=/rooms/{room}/")


def test_a_refused_message_stays_until_it_is_discarded(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("chat")
    alice = enter("alice", room)
    text = alice.get_by_role("textbox", name="Message")
    text.evaluate("(text) => (text.value = 'x'.repeat(4001))")
    text.press("Enter")
    expect(alice.locator("#pending .refused")).to_contain_text("Not sent: It’s too long.")
    say(alice, "short")
    expect(messages(alice)).to_have_text(["short"])

    alice.get_by_role("button", name="Discard").click()

    expect(alice.locator("#pending .refused")).to_have_count(0)
    expect(text).to_be_focused()


def test_scrolled_up_one_sees_the_number_of_new_messages(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    texts = [f"line {number}" for number in range(25)]
    say(alice, *texts)
    expect(messages(bob)).to_have_text(texts, timeout=PATIENCE_MS)
    bob.get_by_role("log").evaluate("(log) => (log.scrollTop = 0)")
    expect(bob.locator("#jump")).to_be_visible()

    say(alice, "below", "and below")
    bob.get_by_role("button", name="2 new messages").click()

    expect(messages(bob).last).to_be_in_viewport()
    expect(bob.locator("#jump")).to_be_hidden()


def test_a_stroke_is_drawn_alike_for_both_and_for_who_comes_later(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("board")
    alice, bob = enter("alice", room), enter("bob", room)
    empty = bob.evaluate(SHOWS)

    alice.get_by_label("Red").check()
    alice.get_by_label("Thick").check()
    draw(alice, (0.2, 0.3), (0.6, 0.5), (0.8, 0.2))

    expect(bob.get_by_role("img", name="Shared drawing with 1 stroke")).to_be_visible()
    until_in(bob, lambda: bob.evaluate(SHOWS) == alice.evaluate(SHOWS) != empty, "both see the stroke")
    later = enter("carol", room)
    until_in(later, lambda: later.evaluate(SHOWS) == alice.evaluate(SHOWS), "who comes later sees it")


def test_a_board_is_cleared_for_all_once_it_is_confirmed(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("board")
    alice, bob = enter("alice", room), enter("bob", room)
    empty = bob.evaluate(SHOWS)
    draw(alice, (0.1, 0.1), (0.9, 0.9))
    expect(bob.locator("#canvas")).to_have_attribute("data-strokes", "1")

    bob.get_by_role("button", name="Clear board").click()
    bob.get_by_role("button", name="Cancel").click()
    bob.get_by_role("button", name="Clear board").click()
    expect(alice.locator("#canvas")).to_have_attribute("data-strokes", "1")
    bob.get_by_role("dialog").get_by_role("button", name="Clear board").click()

    for page in (alice, bob):
        expect(page.locator("#canvas")).to_have_attribute("data-strokes", "0")
    until(lambda: bob.evaluate(SHOWS) == alice.evaluate(SHOWS) == empty, "nothing is left")


def test_the_others_pointers_move_and_are_named(enter: Enter, make_room: Callable[[str], str]) -> None:
    room = make_room("board")
    alice, bob = enter("alice", room), enter("bob", room)
    cursor = bob.locator(".cursor", has_text="alice")
    box = alice.locator("#canvas").bounding_box()
    assert box

    alice.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    expect(cursor).to_have_attribute("style", re.compile(r"left: 25\.?\d*%; top: 50"))
    alice.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25, steps=10)

    expect(cursor).to_have_attribute("style", re.compile(r"left: 75\.?\d*%; top: 25"))
    expect(alice.locator(".cursor")).to_have_count(0)
    expect(cursor).to_have_count(0, timeout=10_000)


def test_a_bid_that_is_too_low_is_refused_and_says_the_highest(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("auction")
    alice, bob = enter("alice", room), enter("bob", room)
    alice.get_by_label("Your bid (€)").fill("5")
    alice.get_by_role("button", name="Bid").click()
    expect(bob.locator("#highest")).to_have_text("€5.00 · alice")

    bob.locator("#bid").evaluate("(form) => (form.noValidate = true)")
    bob.get_by_label("Your bid (€)").fill("4.5")
    bob.get_by_role("button", name="Bid").click()

    expect(bob.locator("#answer")).to_have_text("Bid rejected: bid more than €5.00.")
    expect(bob.locator("#highest")).to_have_text("€5.00 · alice")


def test_a_message_for_a_deleted_room_is_not_sent_to_one_of_its_name(
    cluster: Cluster, enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice = enter("alice", room)
    again = f"from notifications.models import Room; Room.objects.get(name='{room}').delete(); "

    alice.context.set_offline(True)
    expect(alice.locator("#state")).to_have_attribute("data-state", "offline", timeout=PATIENCE_MS)
    say(alice, "for those who were in it")
    expect(alice.locator("#pending .line")).to_have_count(1)
    cluster.manage("shell", "-c", f"{again}Room.objects.create(name='{room}')")
    alice.context.set_offline(False)
    expect(alice.locator("#state")).to_have_attribute("data-state", "stopped", timeout=PATIENCE_MS)
    alice.reload()
    live(alice)
    bob = enter("bob", room)
    say(bob, "anew")

    expect(messages(alice)).to_have_text(["anew"], timeout=PATIENCE_MS)
    expect(messages(bob)).to_have_text(["anew"])
    expect(alice.locator("#pending .line")).to_have_count(0)


def test_a_message_is_edited_answered_reacted_to_and_removed_for_everyone(
    enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    alice.fill("#speak textarea", "helo")
    alice.keyboard.press("Enter")
    expect(bob.locator(".message .line")).to_have_text("helo", timeout=PATIENCE_MS)

    alice.keyboard.press("ArrowUp")  # edits the last one
    alice.fill("#speak textarea", "hello")
    alice.keyboard.press("Enter")
    expect(bob.locator(".message .line")).to_contain_text("hello (edited)")
    bob.locator(".message").hover()
    bob.get_by_role("button", name="React with 👍").click()
    expect(alice.locator(".reaction")).to_have_text("👍 1")
    bob.locator(".message").hover()
    expect(bob.get_by_role("button", name="Edit")).to_have_count(0)
    bob.get_by_role("button", name="Reply").click()
    bob.fill("#speak textarea", "good morning")
    bob.keyboard.press("Enter")
    expect(alice.locator(".quote")).to_contain_text("hello")

    alice.on("dialog", lambda dialog: dialog.accept())
    alice.locator(".message").first.hover()
    alice.locator(".message").first.get_by_role("button", name="Remove").click()

    for page in (alice, bob):
        expect(page.locator(".message .line")).to_have_text(["good morning"])
    newcomer = enter("carol", room)
    expect(newcomer.locator(".message .line")).to_have_text(["good morning"])


def test_the_bell_names_the_rooms_in_which_something_is_new(
    cluster: Cluster, enter: Enter, make_room: Callable[[str], str]
) -> None:
    room = make_room("chat")
    alice, bob = enter("alice", room), enter("bob", room)
    bob.goto(f"{cluster.http_url}/")
    say(alice, "one", "two")
    bob.get_by_role("button", name=re.compile("Notifications")).click()
    expect(bob.get_by_role("link", name=f"2 new in {room}")).to_be_visible(timeout=PATIENCE_MS)

    say(alice, "three")

    expect(bob.get_by_role("link", name=f"3 new in {room}")).to_be_visible(timeout=PATIENCE_MS)
    bob.get_by_role("link", name=f"3 new in {room}").click()
    expect(bob.locator(".day.new")).to_be_visible(timeout=PATIENCE_MS)
