"""From a draft to its recall on one page, while three people have it on their screens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.cluster import Cluster

TITLE = "The lift is out of order"
VIEWER = """
from django.contrib.auth.models import Permission, User
viewer = User.objects.create_user("viewer", password="demo", is_staff=True)
viewer.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
"""
ACTS = """
import json
from notifications.models import AuditEntry, Notification
acts = list(AuditEntry.objects.exclude(act="login").order_by("id").values_list("actor", "act"))
print(json.dumps([acts, Notification.objects.count()]))
"""
SOON_MS = 20_000


@pytest.fixture(scope="module")
def viewer(cluster: Cluster) -> str:
    cluster.manage("shell", "-v0", "-c", VIEWER)
    return "viewer"


@contextmanager
def screen(cluster: Cluster, browser: Browser, name: str) -> Iterator[Page]:
    """Signed in. What the console says of the CSP, and an error that nobody catches, fail the test."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{cluster.http_url}/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#state", has_text="live").wait_for()
    yield page
    context.close()
    assert wrong == []


def step(page: Page, name: str, people: int) -> None:
    expect(page.locator(f"[data-step={name}] .n")).to_have_text(str(people), timeout=SOON_MS)


def done(cluster: Cluster) -> tuple[list[list[str]], int]:
    """What the audit log says but of who signed in, and how many notifications there are."""
    acts, rows = json.loads(cluster.manage("shell", "-v0", "-c", ACTS).splitlines()[-1])
    return acts, rows


def press(context: BrowserContext, cluster: Cluster, path: str, **form: str) -> int:
    """The status that a form gets which their pages do not show."""
    token = next(c["value"] for c in context.cookies() if c["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": cluster.http_url}
    return context.request.post(
        f"{cluster.http_url}/dashboard/{path}", form=dict(form), headers=headers
    ).status


def test_the_walk(cluster: Cluster, browser: Browser, viewer: str) -> None:
    with (
        screen(cluster, browser, "admin") as admin,
        screen(cluster, browser, "alice") as alice,
        screen(cluster, browser, "bob") as bob,
        screen(cluster, browser, "carol") as carol,
        screen(cluster, browser, viewer) as looker,
    ):
        looker.goto("about:blank")  # they have no feed open: they are the one who does not get it
        readers = (alice, bob, carol)

        # Draft, preview, count: by themselves, and the focus stays where one writes.
        admin.goto(f"{cluster.http_url}/dashboard/send/")
        admin.evaluate("window.still = true")
        admin.get_by_role("button", name="Everyone").click()
        admin.get_by_label("As seen by").fill("bob")
        admin.get_by_label("Title").press_sequentially(TITLE)
        expect(admin.locator("#preview .row .title")).to_have_text(TITLE)
        expect(admin.locator("#preview .toast .title")).to_have_text(TITLE)
        expect(admin.locator(".decision")).to_have_text(re.compile("bob Inbox and pop-up."))
        expect(admin.locator("#people")).to_have_text("5")
        expect(admin.locator(".sample")).to_have_text("admin alice bob carol viewer")
        expect(admin.get_by_label("Title")).to_be_focused()
        expect(admin.get_by_label("Title")).to_have_value(TITLE)

        # A test goes to oneself alone.
        admin.get_by_role("button", name="Send me a test").click()
        expect(admin.locator(".saved")).to_have_text("Test sent to you only.")
        expect(admin.locator("notification-toasts .toast")).to_have_count(1, timeout=SOON_MS)

        # The wrong number sends nothing; the right one leads to the funnel, on the same page.
        admin.get_by_label("Type the number of people").fill("4")
        admin.get_by_role("button", name="Send", exact=True).click()
        expect(admin.locator("#notice")).to_have_text("Not sent. Type 5 to confirm.")
        admin.get_by_label("Type the number of people").fill("5")
        admin.get_by_role("button", name="Send", exact=True).click()
        expect(admin.locator("#tag")).to_have_text("Pending")
        expect(admin.locator("#countdown")).to_have_text(re.compile(r"in \d+ s"))
        expect(admin.get_by_role("button", name="Undo")).to_be_visible()
        for reader in readers:
            expect(reader.get_by_role("link", name=TITLE)).to_have_count(0)

        # It goes out, and the funnel moves while they receive and read.
        for reader in readers:
            expect(reader.get_by_role("link", name=TITLE).first).to_be_visible(timeout=SOON_MS)
        expect(admin.locator("#tag")).to_have_text("Sent", timeout=SOON_MS)
        step(admin, "people", 5)
        step(admin, "delivered", 4)
        step(admin, "acknowledged", 4)
        expect(admin.locator("[data-of=offline]")).to_have_text("1", timeout=SOON_MS)
        for number, reader in enumerate(readers, start=1):
            row = reader.locator("#days .row", has_text=TITLE)
            row.hover()
            row.get_by_role("button", name="Mark as read").click()
            step(admin, "read", number)
        assert admin.evaluate("window.still")
        assert "/dashboard/sent/" in admin.url

        # Recalled, it is gone from all three.
        admin.get_by_label("Reason").fill("It works again")
        admin.get_by_role("button", name="Recall").click()
        for reader in readers:
            expect(reader.locator("#days .row", has_text=TITLE)).to_have_count(0, timeout=5000)
        expect(admin.locator("#tag")).to_have_text("Recalled")
        expect(admin.locator("#tombstone")).to_contain_text("admin")
        expect(admin.locator("#tombstone")).to_contain_text("It works again")

        acts, rows = done(cluster)
        assert acts == [["admin", "test"], ["admin", "send"], ["admin", "recall"]]

        # The viewer sees it all, and does none of it.
        sending = admin.url.removeprefix(f"{cluster.http_url}/dashboard/")
        looker.goto(admin.url)
        expect(looker.locator("#tombstone")).to_contain_text("It works again")
        expect(looker.locator(".page form")).to_have_count(0)
        message = {"to": "everyone", "title": TITLE, "severity": "info", "confirm": "5"}
        for act in ("preview", "test", "send"):
            assert press(looker.context, cluster, "send/", act=act, **message) == 403
        for act in ("undo", "stop", "recall"):
            assert press(looker.context, cluster, f"{sending}{act}") == 403
        assert done(cluster) == (acts, rows)


def test_undo_is_one_click_away(cluster: Cluster, browser: Browser) -> None:
    with screen(cluster, browser, "admin") as admin:
        admin.goto(f"{cluster.http_url}/dashboard/send/?to=user:alice")
        admin.get_by_label("Title").fill("Too early")
        admin.get_by_role("button", name="Send", exact=True).click()

        admin.get_by_role("button", name="Undo").click()

        expect(admin.locator("#tag")).to_have_text("Recalled")
        expect(admin.locator("#tombstone")).to_contain_text("admin")
