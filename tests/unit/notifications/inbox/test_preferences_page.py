"""The preferences as a person without JavaScript chooses them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.inbox import listing
from notifications.models import Preference
from notifications.sending.notify import notify

PATH = "/preferences/"
HOURS = {"start": "22:00", "end": "07:00", "zone": "Europe/Vienna"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    notify(["user:alice"], "Green", category="builds")
    notify(["user:alice"], "Hello")
    return client


def boxes(page: str) -> dict[str, str]:
    """The check boxes of the table: what each is called, and its attributes."""
    found = re.findall(
        r'<label><input type="checkbox" ([^>]*)><span class="visually-hidden">([^<]*)</span></label>', page
    )
    return {name: attributes for attributes, name in found}


def shown(client: Client, **headers: str) -> str:
    return client.get(PATH, headers=headers).content.decode()


def save(client: Client, **form: Any) -> Any:
    return client.post(PATH, {"category": ["builds", ""], "feed": ["builds", ""], "toast": [""], **form})


def test_a_stranger_is_asked_to_sign_in() -> None:
    assert Client().get(PATH)["Location"] == f"/accounts/login/?next={PATH}"


def test_every_box_is_named_and_checked_as_it_stands(client: Client, alice: User) -> None:
    Preference.objects.create(user=alice, choices={"builds": {"feed": True, "toast": False}})

    found = boxes(shown(client))

    assert {name: " checked" in f" {attributes}" for name, attributes in found.items()} == {
        "No category: In inbox": True,
        "No category: Pop-up": True,
        "builds: In inbox": True,
        "builds: Pop-up": False,
        "security: In inbox": True,
        "security: Pop-up": True,
    }


def test_a_mandatory_category_is_always_on(client: Client) -> None:
    page = shown(client)

    assert all(("disabled" in it) == name.startswith("security") for name, it in boxes(page).items())
    assert page.count("Always on") == 1


def test_saving_chooses_and_says_so(client: Client, alice: User) -> None:
    answer = save(client, quiet="on", **HOURS)

    row = Preference.objects.get(user=alice)
    assert answer["Location"] == f"{PATH}?saved=1"
    assert row.choices == {"builds": {"feed": True, "toast": False}}
    assert row.quiet_hours == HOURS
    page = client.get(answer["Location"]).content.decode()
    assert '<p class="saved" role="status">Saved.</p>' in page
    assert "<option selected>Europe/Vienna</option>" in page
    assert "Saved." not in shown(client)


def test_quiet_hours_that_are_off_are_not_kept(client: Client, alice: User) -> None:
    save(client, quiet="on", **HOURS)
    save(client, **HOURS)

    assert Preference.objects.get(user=alice).quiet_hours is None


def test_what_is_off_leaves_the_inbox(client: Client, alice: User) -> None:
    save(client, feed=[""])

    items, _ = listing.find(alice, [f"user-{alice.pk}"])
    assert [item["title"] for item in items] == ["Hello"]


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"end": "23:00"}, "different time than they start"),
        ({"start": ""}, "a time such as 22:00"),
        ({"zone": "Vienna"}, "a time zone such as"),
        ({"category": ["builds", "<b>"]}, "Enter a category of up to 64"),
        ({"category": ["security"]}, "is mandatory"),
    ],
)
def test_what_is_refused_is_shown_again_with_the_reason(
    client: Client, wrong: dict[str, Any], detail: str
) -> None:
    answer = save(client, **{"quiet": "on", **HOURS, "start": "23:00", "end": "06:00", **wrong})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'<p class="notice" role="alert">[^<]*{detail}', page)
    assert "<b>" not in page
    assert not Preference.objects.exists()
    if "category" not in wrong:
        assert " checked" not in boxes(page)["builds: Pop-up"]
    if "end" not in wrong:
        assert 'name="end" value="06:00"' in page
    assert 'name="quiet" checked' in page


def test_a_form_needs_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert save(client).status_code == 403
    assert not Preference.objects.exists()


def test_it_speaks_the_reader_s_language(client: Client) -> None:
    page = shown(client, accept_language="ar")

    assert '<html lang="ar" dir="rtl">' in page
    assert "التفضيلات" in page


def test_nothing_inline_is_needed(client: Client) -> None:
    answer = client.get(PATH)

    page = answer.content.decode()
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in page
    assert "<script>" not in page
    assert "no-store" in answer["Cache-Control"]
