"""The inbox as a person without JavaScript has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hub.log import LogAway
from hub.log.current import shared_log
from notifications.models import Reading
from tests.unit.notifications.inbox.rows import page, sent

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in(alice: User) -> None:
    client = Client()
    answer = client.get("/")
    assert answer["Location"] == "/accounts/login/?next=/"
    answer = client.post(answer["Location"], {"username": "alice", "password": "demo", "next": "/"})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_signing_out_is_a_post(client: Client) -> None:
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_it_shows_what_lies_there(client: Client, alice: User) -> None:
    sent(alice, url="/builds/512", body="All tests passed.", category="builds", severity="success")
    shown = page(client)
    assert '<a class="title"' in shown
    assert 'href="/builds/512">Build 512 is green</a>' in shown
    for text in (
        "All tests passed.",
        "builds",
        "Success",
        "just now",
        "Today",
        'aria-label="Inbox, 1 unread"',
    ):
        assert text in shown
    assert "<title>(1) Inbox</title>" in shown


def test_it_shows_nothing_of_others(client: Client) -> None:
    sent(User.objects.create_user("bob"), "For Bob alone")
    assert "For Bob alone" not in page(client)


def test_days_and_times_are_shown(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = timezone.now().replace(hour=12, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    old = timedelta(days=800)
    for age in (timedelta(minutes=5), timedelta(hours=3), timedelta(days=1, hours=1), old):
        sent(alice, age=age)
    shown = page(client)
    for text in ("5 min ago", "3 h ago", "Today", "Yesterday", "11:00", str((noon - old).year)):
        assert text in shown
    assert shown.count('class="day"') == 4  # the fourth is the template of a day


def test_text_stays_text(client: Client, alice: User) -> None:
    sent(alice, "<script>alert(1)</script>", body='"><img src=x>', category="</time><b>")
    shown = page(client)
    assert "<script>alert(1)" not in shown
    assert "<img src=x>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScript:alert(1)", " javascript:alert(1)", "data:,x"]
)
def test_only_web_addresses_become_links(client: Client, alice: User, url: str) -> None:
    sent(alice, url=url)
    assert url.strip() not in page(client)


def test_a_form_reads_one_and_takes_it_back(client: Client, alice: User) -> None:
    row = sent(alice)
    assert client.post(f"/notifications/{row.pk}/read", {"read": "yes"})["Location"] == "/"
    assert Reading.objects.get(user=alice, notification=row).read_at
    assert 'aria-label="Inbox, 0 unread"' in page(client)
    client.post(f"/notifications/{row.pk}/read", {"read": "no"})
    assert 'aria-label="Inbox, 1 unread"' in page(client)


def test_a_form_reads_all(client: Client, alice: User) -> None:
    sent(alice)
    sent(alice)
    assert client.post("/notifications/read-all")["Location"] == "/"
    assert 'aria-label="Inbox, 0 unread"' in page(client)


def test_no_one_reads_what_is_not_in_their_inbox(client: Client) -> None:
    row = sent(User.objects.create_user("bob"))
    assert client.post(f"/notifications/{row.pk}/read", {"read": "yes"}).status_code == 404
    assert not Reading.objects.exists()


def test_forms_need_their_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/notifications/read-all")
    assert answer.status_code == 403
    assert "This page has expired" in answer.content.decode()


def test_it_costs_the_same_however_much_lies_there(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        sent(alice, f"number {number}")
    # Session and person; what they belong to and follow; what is muted, and the rows; the count's three;
    # preferences and categories.
    with django_assert_num_queries(9):
        shown = page(client)
    assert shown.count('<li class="row') == 50 + 1  # one is the template of a row
    assert "number 10<" in shown
    assert "number 9<" not in shown


def test_the_feed_begins_where_the_page_was_made(client: Client) -> None:
    before = shared_log().head()
    position = int(page(client).partition(' position="')[2].partition('"')[0])
    assert before <= position <= shared_log().head()


def test_it_stands_while_the_log_is_away(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> int:
        raise LogAway("away")

    sent(alice)
    monkeypatch.setattr(shared_log(), "head", away)
    shown = page(client)
    assert ' position=""' in shown
    assert "data-behind" in shown
    assert "Build 512 is green" in shown


def test_nothing_inline_is_needed(client: Client, alice: User) -> None:
    sent(alice)
    answer = client.get("/")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    shown = answer.content.decode()
    assert " style=" not in shown
    assert "<script>" not in shown
    assert "no-store" in answer["Cache-Control"]


def test_a_page_of_an_error_needs_no_one() -> None:
    assert "Something went wrong" in render_to_string("500.html")
    assert "Page not found" in Client().get("/nowhere").content.decode()


@pytest.mark.parametrize(
    "name", ["shared/hub.css", "inbox/page.js", "shared/icons.svg", "bell.js", "words/ar.json"]
)
def test_its_files_are_served(client: Client, name: str) -> None:
    answer = client.get(f"/static/notifications/{name}")
    assert b"".join(answer)
    answer.close()


def test_a_form_archives_one_and_moves_it_back(client: Client, alice: User) -> None:
    row = sent(alice)

    client.post(f"/notifications/{row.pk}/archive", {"archive": "yes"})
    archived = page(client, "/?filter=archived")
    client.post(f"/notifications/{row.pk}/archive", {"archive": "no"})

    assert f"/notifications/{row.pk}/archive" in archived
    assert 'value="no" formaction' in archived
    assert f"/notifications/{row.pk}/archive" in page(client)


def test_no_one_archives_what_is_not_in_their_inbox(client: Client) -> None:
    row = sent(User.objects.create_user("bob"))

    answer = client.post(f"/notifications/{row.pk}/archive", {"archive": "yes"})

    assert answer.status_code == 404
