"""Going through an inbox in a real browser: by the keyboard, by view, and with second thoughts."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.tabs import until_in
from tests.cluster import Cluster

Post = Callable[..., str]


@pytest.fixture
def post(api: httpx.Client) -> Post:
    def post(title: str, **fields: str) -> str:
        answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["notifications"][0]["id"])

    return post


@pytest.fixture
def headers(api: httpx.Client) -> dict[str, str]:
    """Alice, on another device."""
    token = api.post("/api/v1/tokens", json={"user": "alice", "topics": []}).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def row(page: Page, title: str) -> Locator:
    return page.locator("#days .row").filter(has=page.get_by_role("link", name=title, exact=True))


def reach(page: Page, title: str) -> None:
    """Go to the top row by the keyboard."""
    expect(row(page, title)).to_be_visible()
    page.keyboard.press("j")
    while not page.evaluate("document.activeElement === document.querySelector('#days .row')"):
        page.keyboard.press("k")
    expect(row(page, title)).to_be_focused()


def archive(page: Page, title: str) -> None:
    row(page, title).hover()
    row(page, title).get_by_role("button", name="Archive").click()


def show(page: Page, view: str) -> None:
    page.locator("#views").get_by_role("link", name=view).click()
    expect(page.locator("#inbox")).not_to_have_attribute("aria-busy", "true")


def test_the_whole_triage_by_keyboard_alone(inbox: Page, post: Post) -> None:
    for title in ("third of three", "second of three", "first of three"):
        post(title, category="triage")
    reach(inbox, "first of three")

    inbox.keyboard.press("e")
    expect(row(inbox, "first of three")).to_have_count(0)
    expect(row(inbox, "second of three")).to_be_focused()
    inbox.keyboard.press("u")
    expect(row(inbox, "second of three")).not_to_have_class(re.compile("unread"))
    inbox.keyboard.press("x")
    inbox.keyboard.press("j")
    expect(row(inbox, "third of three")).to_be_focused()
    inbox.keyboard.press("x")
    expect(inbox.locator("#selected")).to_have_text("2 selected")
    inbox.keyboard.press("e")
    expect(inbox.locator("#undo")).to_contain_text("2 archived.")
    inbox.keyboard.press("z")
    expect(row(inbox, "second of three")).to_be_visible()
    expect(row(inbox, "third of three")).to_be_visible()
    inbox.keyboard.press("/")
    inbox.keyboard.type("third of")
    expect(inbox.locator("#days .row")).to_have_count(1)
    inbox.keyboard.press("Tab")  # the row's box
    inbox.keyboard.press("Tab")  # its title
    inbox.keyboard.press("Enter")

    expect(inbox).to_have_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))
    expect(inbox.get_by_role("heading", name="third of three")).to_be_visible()


def test_the_shortcuts_are_listed_and_keys_in_a_field_are_letters(inbox: Page, post: Post) -> None:
    post("stays where it is")
    expect(row(inbox, "stays where it is")).to_be_visible()

    inbox.keyboard.press("?")
    expect(inbox.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    inbox.keyboard.press("Escape")
    expect(inbox.get_by_role("dialog")).to_have_count(0)
    inbox.keyboard.press("/")
    inbox.keyboard.type("eux?")

    expect(inbox.get_by_role("searchbox")).to_have_value("eux?")
    expect(inbox.get_by_role("heading", name="No results")).to_be_visible()
    expect(inbox.get_by_role("dialog")).to_have_count(0)


def test_an_archived_notification_returns_to_its_position(inbox: Page, post: Post) -> None:
    for title in ("below it", "goes and comes back", "above it"):
        post(title)
    expect(row(inbox, "above it")).to_be_visible()

    row(inbox, "goes and comes back").hover()
    row(inbox, "goes and comes back").get_by_role("button", name="Archive").click()
    expect(row(inbox, "goes and comes back")).to_have_count(0)
    inbox.locator("#undo").get_by_role("button", name="Undo").click()

    expect(inbox.locator("#days .row .title").nth(1)).to_have_text("goes and comes back")
    inbox.reload()
    expect(inbox.locator("#days .row .title").nth(1)).to_have_text("goes and comes back")


def test_views_change_without_a_reload_and_the_back_button_knows_them(inbox: Page, post: Post) -> None:
    post("one that is read", category="apart")
    post("one that is not", category="apart")
    row(inbox, "one that is read").get_by_role("button", name="Mark as read").click()
    inbox.evaluate("window.untouched = true")

    show(inbox, "Unread")
    inbox.get_by_label("Category").select_option("apart")
    expect(inbox.locator("#days .row")).to_have_count(1)
    expect(inbox).to_have_url(re.compile(r"/\?filter=unread&category=apart$"))
    inbox.go_back()
    expect(inbox).to_have_url(re.compile(r"/\?filter=unread$"))
    expect(inbox.get_by_label("Category")).to_have_value("")
    inbox.go_back()

    expect(row(inbox, "one that is read")).to_be_visible()
    expect(inbox.locator("#views [aria-current]")).to_have_text("All")
    assert inbox.evaluate("window.untouched")


def test_a_view_is_the_same_when_its_address_is_opened(inbox: Page, post: Post) -> None:
    post("found by its text", body="a needle in here")
    inbox.keyboard.press("/")
    inbox.keyboard.type("NEEDLE in")
    expect(inbox.locator("#days .row")).to_have_count(1)
    expect(inbox).to_have_url(re.compile("q=NEEDLE"))

    inbox.reload()

    expect(inbox.locator("#days .row .title")).to_have_text("found by its text")
    expect(inbox.get_by_role("searchbox")).to_have_value("NEEDLE in")


def test_older_ones_come_as_the_reader_goes_down(inbox: Page, post: Post) -> None:
    titles = [f"of very many {number:03}" for number in range(120)]
    for title in titles:
        post(title, category="many")
    inbox.get_by_label("Category").select_option("many")
    # Until the answer the list of before is shown, which is as long.
    expect(inbox.locator("#inbox")).not_to_have_attribute("aria-busy", "true")
    expect(inbox.locator("#days .row").first).to_contain_text("119")

    rows = inbox.locator("#days .row")
    expect(rows.nth(49)).to_be_attached()
    assert rows.count() < len(titles)
    # How many are listed at first depends on how many had arrived by then.
    while (listed := rows.count()) < len(titles):
        rows.last.scroll_into_view_if_needed()
        expect(rows.nth(listed)).to_be_attached()

    expect(row(inbox, titles[0])).to_be_visible()
    assert inbox.locator("#days .row .title").all_inner_texts() == titles[::-1]
    expect(inbox.locator("#older")).to_be_hidden()


def test_a_new_one_appears_only_in_a_view_that_it_belongs_to(inbox: Page, post: Post) -> None:
    post("to begin with", category="ours")
    expect(row(inbox, "to begin with")).to_be_visible()
    inbox.get_by_label("Category").select_option("ours")
    expect(inbox).to_have_url(re.compile("category=ours"))

    post("of another category", category="theirs")
    post("of this category", category="ours")

    expect(row(inbox, "of this category")).to_be_visible()
    expect(row(inbox, "of another category")).to_have_count(0)
    show(inbox, "Archived")
    post("never archived", category="ours")
    inbox.get_by_role("link", name="All", exact=True).click()
    expect(row(inbox, "never archived")).to_be_visible()


def test_what_is_done_elsewhere_is_done_here(
    inbox: Page, post: Post, cluster: Cluster, headers: dict[str, str]
) -> None:
    away, read = post("archived elsewhere"), post("read elsewhere")
    show(inbox, "Unread")
    expect(row(inbox, "read elsewhere")).to_be_visible()

    for id, what in ((away, "archive"), (read, "reading")):
        answer = httpx.put(f"{cluster.http_url}/api/v1/notifications/{id}/{what}", headers=headers)
        assert answer.status_code == 200

    expect(row(inbox, "archived elsewhere")).to_have_count(0)
    expect(row(inbox, "read elsewhere")).to_have_count(0)
    httpx.delete(f"{cluster.http_url}/api/v1/notifications/{read}/reading", headers=headers)
    expect(row(inbox, "read elsewhere")).to_be_visible()


def test_what_was_not_saved_is_as_before(inbox: Page, post: Post) -> None:
    post("cannot be archived")
    expect(row(inbox, "cannot be archived")).to_be_visible()
    inbox.route("**/archive", lambda route: route.abort())

    row(inbox, "cannot be archived").hover()
    row(inbox, "cannot be archived").get_by_role("button", name="Archive").click()

    expect(inbox.locator("#notice")).to_have_text("Couldn’t save. Check your connection and try again.")
    expect(row(inbox, "cannot be archived")).to_be_visible()


def test_an_unsaved_action_is_reported_until_the_next_one(inbox: Page, post: Post) -> None:
    """The list that is asked for anew, and loaded, said that all is well."""
    post("refused once")
    inbox.route("**/archive", lambda route: route.abort(), times=1)
    title = inbox.locator("#days .row .title").first
    expect(title).to_have_text("refused once")
    title.evaluate("(title) => title.append(', and not loaded anew')")

    archive(inbox, "refused once, and not loaded anew")

    expect(title).to_have_text("refused once")
    expect(inbox.locator("#notice")).to_have_text("Couldn’t save. Check your connection and try again.")
    archive(inbox, "refused once")
    expect(row(inbox, "refused once")).to_have_count(0)
    expect(inbox.locator("#notice")).to_be_empty()


def test_of_what_was_refused_no_undo_is_offered(inbox: Page, post: Post) -> None:
    """It was until the bar went by itself; and what the reader did since is still to be undone."""
    late = post("refused late")
    post("archived since")
    held: list[Route] = []
    inbox.route(f"**/{late}/archive", lambda route: held.append(route))
    undo = inbox.locator("#undo")
    archive(inbox, "refused late")
    archive(inbox, "archived since")
    undo.hover()  # it stays
    until_in(inbox, lambda: bool(held), "the first one is on its way")

    held.pop().abort()

    expect(row(inbox, "refused late")).to_be_visible()
    expect(undo).to_have_text("Archived.Undo")
    archive(inbox, "refused late")
    until_in(inbox, lambda: bool(held), "it is on its way again")
    expect(undo).to_have_text("Archived.Undo")
    held.pop().abort()
    expect(row(inbox, "refused late")).to_be_visible()
    expect(undo).to_be_empty()


def test_a_row_of_the_script_has_the_shape_of_the_servers(inbox: Page, post: Post) -> None:
    shape = """(row) => [...[row], ...row.querySelectorAll("*")].map((node) => [
        node.localName, [...node.attributes].map(({name}) => name).filter((name) => name !== "class").sort(),
        [...node.classList].filter((name) => name !== "fresh").sort(),
    ])"""
    title = f"of this shape {uuid4()}"
    post(title, body="Text.", category="shapes", url="/builds/1", severity="warning")
    expect(row(inbox, title)).to_be_visible()
    of_the_script = row(inbox, title).evaluate(shape)

    inbox.route("**/inbox/page.*.js", lambda route: route.abort())
    inbox.reload()

    assert row(inbox, title).evaluate(shape) == of_the_script


def test_a_topic_is_muted_by_the_keyboard_on_all_open_pages_and_back(
    inbox: Page, api: httpx.Client, headers: dict[str, str], cluster: Cluster
) -> None:
    elsewhere = inbox.context.new_page()
    elsewhere.goto(f"{cluster.http_url}/")
    api.post("/api/v1/notifications", json={"to": ["everyone"], "title": "to be muted"})
    expect(row(elsewhere, "to be muted")).to_be_visible()
    reach(inbox, "to be muted")

    row(inbox, "to be muted").locator("summary").focus()
    inbox.keyboard.press("Enter")
    inbox.keyboard.press("Tab")
    expect(inbox.get_by_role("button", name="Mute this topic")).to_be_focused()
    inbox.keyboard.press("Enter")

    expect(row(inbox, "to be muted")).to_have_count(0)
    expect(row(elsewhere, "to be muted")).to_have_count(0)
    expect(inbox.locator("#undo")).to_contain_text("Muted: Everyone.")
    muted = api.get("/api/v1/notifications?limit=100", headers=headers).json()["items"]
    assert "everyone" not in {item["topic"] for item in muted}
    inbox.keyboard.press("z")
    expect(row(inbox, "to be muted")).to_be_visible()
    expect(row(elsewhere, "to be muted")).to_be_visible()
    elsewhere.close()


def test_race_what_is_sent_before_the_feed_has_a_topic_that_was_just_followed_is_listed(
    inbox: Page, api: httpx.Client, headers: dict[str, str], post: Post
) -> None:
    for number in range(4):
        topic, title = f"repo-raced-{number}", f"of new topic {number}"
        with inbox.expect_response("**/api/v1/notifications?*"):
            api.put(f"/api/v1/topics/{topic}/subscription", headers=headers).raise_for_status()

        # The list was loaded, and the feed of before brings the second, from which the next is resumed.
        api.post("/api/v1/notifications", json={"to": [f"topic:{topic}"], "title": title})
        post(f"after new topic {number}")

        expect(row(inbox, title)).to_be_visible(timeout=20_000)


def test_a_topic_is_followed_from_the_inbox_no_more_and_again(
    inbox: Page, api: httpx.Client, headers: dict[str, str]
) -> None:
    api.put("/api/v1/topics/repo-muted/subscription", headers=headers).raise_for_status()
    api.post("/api/v1/notifications", json={"to": ["topic:repo-muted"], "title": "of a topic"})
    expect(row(inbox, "of a topic")).to_be_visible(timeout=20_000)

    row(inbox, "of a topic").hover()
    row(inbox, "of a topic").locator("summary").click()
    row(inbox, "of a topic").get_by_role("button", name="Unfollow").click()

    expect(row(inbox, "of a topic")).to_have_count(0)
    expect(inbox.locator("#undo")).to_contain_text("You no longer follow repo-muted.")
    inbox.locator("#undo").get_by_role("button", name="Undo").click()
    until_in(inbox, lambda: "repo-muted" in followed(api, headers), "followed again")


def followed(api: httpx.Client, headers: dict[str, str]) -> list[str]:
    topics: list[str] = api.get("/api/v1/preferences", headers=headers).json()["followed_topics"]
    return topics
