"""The views of an inbox, and how its forms come back to them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import Reading
from tests.unit.notifications.inbox.rows import page, put_away, sent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("filter", "there", "elsewhere"),
    [
        ("all", ["is unread", "was read"], ["put away"]),
        ("unread", ["is unread"], ["was read", "put away"]),
        ("archived", ["put away"], ["is unread", "was read"]),
    ],
)
def test_a_view_shows_its_own(
    client: Client, alice: User, filter: str, there: list[str], elsewhere: list[str]
) -> None:
    sent(alice, "is unread")
    Reading.objects.create(user=alice, notification=sent(alice, "was read"), read_at=timezone.now())
    put_away(sent(alice, "put away"), alice)

    shown = page(client, f"/?filter={filter}")

    assert all(f">{title}</a>" in shown for title in there)
    assert not any(f">{title}</a>" in shown for title in elsewhere)
    assert f'data-filter="{filter}" aria-current="page"' in shown


def test_a_category_narrows_it_and_every_category_is_offered(client: Client, alice: User) -> None:
    sent(alice, "one of builds", category="builds")
    sent(alice, "one of news", category="news")

    shown = page(client, "/?category=builds")

    assert "one of builds" in shown
    assert "one of news" not in shown
    assert "<option selected>builds</option>" in shown
    assert "<option>news</option>" in shown


def test_a_search_finds_title_and_text_whatever_their_case(client: Client, alice: User) -> None:
    sent(alice, "The DISK is full")
    sent(alice, "Look", body="at this disk")
    sent(alice, "Nothing of it")

    shown = page(client, "/?q=Disk")

    assert "The DISK is full" in shown
    assert "at this disk" in shown
    assert "Nothing of it" not in shown
    assert 'name="q" value="Disk"' in shown


def test_tabs_keep_what_is_searched_for(client: Client) -> None:
    shown = page(client, "/?category=builds&q=a%26b")

    assert 'href="/?filter=unread&amp;category=builds&amp;q=a%26b"' in shown


def test_older_ones_are_a_page_further_and_none_is_missed(client: Client, alice: User) -> None:
    for number in range(60):
        sent(alice, f"number {number}", timedelta(minutes=number))

    first = page(client)
    older = re.search(r'id="older" rel="next" href="([^"]+)">', first)
    assert older
    second = page(client, older[1].replace("&amp;", "&"))

    assert ">number 49</a>" in first
    assert ">number 50</a>" not in first
    assert ">number 49</a>" not in second
    assert all(f">number {number}</a>" in second for number in range(50, 60))
    assert 'id="newest" href="/"' in second
    assert 'rel="next" href="" hidden' in second


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "You’re all caught up"),
        ("/?filter=unread", "You’re all caught up"),
        ("/?filter=archived", "Nothing archived"),
        ("/?q=nowhere", "No results"),
        ("/?category=none", "No results"),
    ],
)
def test_an_empty_view_says_why(client: Client, address: str, words: str) -> None:
    assert f"<h2>{words}</h2>" in page(client, address)


@pytest.mark.parametrize(
    "query",
    [
        "filter=some",
        "filter=__class__",
        "category=%00",
        "category=A%20B",
        "before=1",
        "before=00000000-0000-7000-8000-000000000000",
    ],
)
def test_an_address_of_no_view_is_not_found(client: Client, query: str) -> None:
    answer = client.get(f"/?{query}")

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 5000, "q=%ed%a0%80", "q=%25_", "other=1"])
def test_a_strange_search_is_a_search(client: Client, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200


@pytest.mark.parametrize(
    "path", ["notifications/{}/read", "notifications/{}/archive", "notifications/read-all"]
)
def test_a_form_leads_back_to_its_view(client: Client, alice: User, path: str) -> None:
    row = sent(alice)

    answer = client.post("/" + path.format(row.pk), {"next": "/?filter=unread&q=a%26b"})

    assert answer["Location"] == "/?filter=unread&q=a%26b"


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "///x"]
)
def test_a_form_never_leads_elsewhere(client: Client, alice: User, next: str) -> None:
    row = sent(alice)

    answer = client.post(f"/notifications/{row.pk}/read", {"read": "yes", "next": next})

    assert answer["Location"] == "/"
