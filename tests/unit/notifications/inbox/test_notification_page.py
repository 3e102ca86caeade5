"""One notification alone, what each says of itself, and in which language."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub import topics
from notifications import i18n
from notifications.models import Notification, Preference, Reading, Subscription
from tests.unit.notifications.inbox.rows import page, put_away, sent

pytestmark = pytest.mark.django_db


def test_one_alone_has_a_page_that_changes_nothing(client: Client, alice: User) -> None:
    row = sent(alice, body="All of it\nand more", url="/builds/512", category="builds")

    shown = page(client, f"/notifications/{row.pk}/")

    assert 'href="/builds/512">Build 512 is green</a></h1>' in shown
    assert "All of it\nand more" in shown
    assert f'formaction="/notifications/{row.pk}/archive"' in shown
    assert f'name="next" value="/notifications/{row.pk}/"' in shown
    assert not Reading.objects.exists()


def test_what_was_archived_still_has_its_page(client: Client, alice: User) -> None:
    row = sent(alice)
    put_away(row, alice)

    assert "Move to inbox" in page(client, f"/notifications/{row.pk}/")


def test_what_is_not_in_the_inbox_has_no_page(client: Client) -> None:
    row = sent(User.objects.create_user("bob"))

    assert client.get(f"/notifications/{row.pk}/").status_code == 404
    assert client.get("/notifications/nothing/").status_code == 404


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "/\\evil.example"])
def test_a_title_without_a_safe_url_leads_to_its_own_page(client: Client, alice: User, url: str) -> None:
    row = sent(alice, url=url)

    assert f'href="/notifications/{row.pk}/">Build 512 is green</a>' in page(client)


def test_a_title_with_a_url_leaves_its_own_page_to_its_time(client: Client, alice: User) -> None:
    row = sent(alice, url="https://ci.example/512")

    assert f'<a class="when" href="/notifications/{row.pk}/">' in page(client)


def test_each_says_why_it_came(client: Client, alice: User) -> None:
    ops = Group.objects.create(name="ops")
    alice.groups.add(ops)
    Subscription.objects.create(user=alice, topic="releases")
    for topic in (topics.user(alice.pk), topics.group(ops.pk), "releases", "everyone"):
        Notification.objects.create(topic=topic, title="x", category="security")

    shown = page(client)

    for text in (
        "It was sent to you directly. “security” can’t be turned off.",
        "You’re a member of the group ops.",
        "You follow releases.",
        "It was sent to everyone.",
    ):
        assert text in shown


def test_it_says_which_toasts_were_held(client: Client, alice: User) -> None:
    sent(alice, category="news")
    Preference.objects.create(user=alice, choices={"news": {"feed": True, "toast": False}})

    assert "It was sent to you directly. Pop-ups for “news” are off." in page(client)


def test_it_speaks_the_readers_language(client: Client, alice: User) -> None:
    sent(alice, severity="warning")

    shown = client.get("/", headers={"Accept-Language": "ar"}).content.decode()

    assert '<html lang="ar" dir="rtl">' in shown
    for text in ("الوارد", "تحذير", "اليوم", "أرشفة"):
        assert text in shown
    assert '<html lang="en" dir="ltr">' in page(client)


def test_signing_in_speaks_the_readers_language() -> None:
    client = Client(headers={"Accept-Language": "ar"})

    shown = client.post("/accounts/login/", {"username": "x", "password": "y"}).content.decode()

    assert "اسم المستخدم أو كلمة المرور غير صحيحة." in shown


def test_an_error_speaks_the_readers_language() -> None:
    client = Client(headers={"Accept-Language": "ar"})

    assert "الصفحة غير موجودة" in client.get("/nowhere").content.decode()


def test_every_file_of_the_browser_and_the_page_knows_the_same_words() -> None:
    tables = [json.loads((i18n.TABLES / f"{name}.json").read_text()) for name in ("en", "ar")]

    assert tables[0].keys() == tables[1].keys()
