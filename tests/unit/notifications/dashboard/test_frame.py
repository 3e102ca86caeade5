"""The dashboard's frame: the pages a role opens are linked, and no other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.templatetags.hub_dashboard import GROUPS
from tests import ROOT

WORDS = ROOT / "notifications" / "dashboard" / "words"
PAGES = {page.name: page for _, group in GROUPS for page in group}
LOOKED_AT = {name for name, page in PAGES.items() if page.role == "view"}


def linked(page: str) -> set[str]:
    """The addresses in the navigation at the side."""
    side = page[page.index('<nav class="side"') :]
    return set(re.findall(r'<a href="([^"]+)"', side[: side.index("</nav>")]))


def shown(client: Client, path: str = "/dashboard/", status: int = 200, language: str = "en") -> str:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize(
    ("who", "more"),
    [
        ("viewer", set()),
        ("sender", {"compose", "templates"}),
        ("broadcaster", {"compose", "templates"}),
        ("manager", {"tail", "keys"}),
    ],
)
def test_each_role_finds_its_pages_and_they_open(
    request: pytest.FixtureRequest, who: str, more: set[str]
) -> None:
    client: Client = request.getfixturevalue(who)

    found = linked(shown(client))

    assert found == {PAGES[name].url for name in LOOKED_AT | more}
    for name, page in PAGES.items():
        assert client.get(page.url).status_code == (200 if name in LOOKED_AT | more else 403)


def test_the_page_one_is_on_is_marked(viewer: Client) -> None:
    assert re.findall(r'<a href="([^"]+)" aria-current="page">', shown(viewer, "/dashboard/audit/")) == [
        "/dashboard/",
        "/dashboard/audit/",
        "/dashboard/audit/",
    ]


def test_what_lies_under_a_page_is_marked_as_that_page(viewer: Client) -> None:
    person = User.objects.get(username="viewer")

    page = shown(viewer, f"/dashboard/people/{person.pk}/")

    assert '<a href="/dashboard/people/" aria-current="page">' in page


def test_staff_who_lack_a_role_see_which(viewer: Client) -> None:
    page = shown(viewer, "/dashboard/keys/", 403)

    assert "You need the “manage” role" in page


@pytest.mark.django_db
def test_others_see_no_role_and_find_no_link() -> None:
    client = Client()
    client.force_login(User.objects.create_user("alice"))

    page = shown(client, "/dashboard/", 403)

    assert "role" not in page[page.index("<main") :]
    assert "/dashboard/" not in shown(client, "/")


def test_staff_find_the_dashboard_on_every_page(viewer: Client) -> None:
    assert '<a href="/dashboard/">' in shown(viewer, "/")


@pytest.mark.django_db
def test_a_stranger_is_asked_to_sign_in() -> None:
    for page in PAGES.values():
        assert Client().get(page.url)["Location"] == f"/accounts/login/?next={page.url}"


def test_the_frame_is_shown_in_arabic_from_right_to_left(viewer: Client) -> None:
    page = shown(viewer, language="ar")

    assert 'dir="rtl"' in page
    assert "لوحة التحكم" in page


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_page_asks_more_than_ten_times(staff: Any, django_assert_max_num_queries: Any, name: str) -> None:
    client = staff("all", "view", "send", "broadcast", "manage")

    with django_assert_max_num_queries(10):
        shown(client, PAGES[name].url)


@pytest.mark.parametrize("part", sorted(file.name for file in (WORDS / "en").iterdir()))
def test_every_phrase_is_there_in_both_languages(part: str) -> None:
    english, arabic = (json.loads((WORDS / name / part).read_text("utf-8")) for name in ("en", "ar"))

    assert english.keys() == arabic.keys()
    assert all(
        sorted(re.findall(r"\{\w+\}", phrase)) == sorted(re.findall(r"\{\w+\}", arabic[key]))
        for key, phrase in english.items()
    )
