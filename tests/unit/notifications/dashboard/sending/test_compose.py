"""Writing: what would be sent is counted and shown, and nothing is sent by looking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications.models import AuditEntry, Notification, Preference, Sending, Template
from tests.unit.notifications.dashboard.forms import COMPOSE, acts, draft, nothing_done, press, text

Person = Callable[[str], User]


def test_how_many_and_ten_of_them_stand_before_the_button(sender: Client, person: Person) -> None:
    group = Group.objects.create(name="ops")
    for number in range(12):
        group.user_set.add(person(f"u{number:02}"))

    page = press(sender, "preview", to="group:ops").content.decode()

    names = [f'<bdi class="tag">u{number:02}</bdi>' for number in range(10)]
    places = [page.index(part) for part in ('<dd id="people">12</dd>', *names, 'value="send"')]
    assert places == sorted(places)
    assert "u10" not in page
    assert nothing_done()


def test_there_is_no_button_before_it_was_counted(sender: Client) -> None:
    assert 'value="send"' not in sender.get(COMPOSE).content.decode()
    assert 'value="send"' not in press(sender, "preview", to="user:nobody").content.decode()


@pytest.mark.parametrize("to", ["user:alice\nuser:bob", "user:alice, user:bob", "user:alice,user:bob,\n"])
def test_addresses_are_separated_by_newlines_or_commas(sender: Client, person: Person, to: str) -> None:
    person("alice")
    person("bob")

    assert '<dd id="people">2</dd>' in press(sender, "preview", to=to).content.decode()


def test_a_name_may_bear_a_comma(sender: Client, person: Person) -> None:
    Group.objects.create(name="Ops, Berlin").user_set.add(person("alice"))

    assert '<dd id="people">1</dd>' in press(sender, "preview", to="group:Ops, Berlin").content.decode()


def test_the_buttons_next_to_it_add_addresses(sender: Client, person: Person) -> None:
    person("alice")
    Group.objects.create(name="ops")
    chosen = {"add_person": "alice", "add_group": "ops", "add_segment": "staff"}

    page = press(sender, "add", to="", **chosen).content.decode()
    everyone = press(sender, "everyone", to="user:alice").content.decode()

    assert "\ngroup:ops\nsegment:staff\nuser:alice</textarea>" in page
    assert "\nuser:alice\neveryone</textarea>" in everyone


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("to", "user:nobody", "No user, group, topic or segment called “user:nobody”"),
        ("to", "", "This field is required"),
        ("title", " ", "This field is required"),
        ("title", "x" * 256, "256 of 255 characters"),
        ("body", "escape\x1b", "control character"),
        ("body", "x" * 70_000, "Too large: at most"),
        ("url", "javascript:alert(1)", "Enter a path"),
        ("category", "Two Words", "Enter a category"),
        ("severity", "fatal", "Select a valid choice"),
        ("send_at", "tomorrow", "Enter a valid date/time"),
        ("send_at", "2026-13-45T99:00", "Enter a valid date/time"),
        ("expires_at", "2020-01-01T00:00", "The expiry must be after"),
        ("id", "7", "Enter a valid UUID"),
        ("id", "6f2b6ad0-6a2c-4d63-9d31-0c39b6a0a6f1", "open for too long"),
        ("id", "ffffffff-ffff-7fff-bfff-ffffffffffff", "open for too long"),
        ("language", "xx", "Select a valid choice"),
        ("theme", "xx", "Select a valid choice"),
    ],
)
def test_what_cannot_be_sent_is_reported_and_not_sent(
    sender: Client, field: str, value: str, said: str
) -> None:
    fields = {"to": "user:sender", field: value}

    answer = press(sender, "send", **fields)

    assert answer.status_code == 422
    assert said in text(answer)
    assert nothing_done()


def test_what_was_typed_is_still_there_after_a_refusal(sender: Client) -> None:
    page = press(sender, "send", to="user:nobody", title="<b>Mine</b>").content.decode()

    assert 'value="&lt;b&gt;Mine&lt;/b&gt;"' in page
    assert "user:nobody</textarea>" in page


def test_it_is_shown_as_the_row_and_the_toast_of_a_person(sender: Client, person: Person) -> None:
    person("alice")

    said = press(sender, "preview", to="user:alice", title="Green", body="All passed.", person="alice")

    assert "alice Inbox and pop-up." in text(said)
    assert said.content.decode().count(">Green</a>") == 2
    assert "It was sent to you directly." in text(said)


def test_quiet_hours_of_the_person_hold_the_toast(sender: Client, person: Person) -> None:
    now = timezone.now()
    quiet = {
        "start": f"{now - timedelta(hours=1):%H:%M}",
        "end": f"{now + timedelta(hours=1):%H:%M}",
        "zone": "UTC",
    }
    Preference.objects.create(user=person("alice"), quiet_hours=quiet)

    said = press(sender, "preview", to="everyone", person="alice")

    assert "Inbox only: quiet hours." in text(said)
    assert said.content.decode().count(">Hello</a>") == 1


def test_a_muted_category_is_shown_nowhere(sender: Client, person: Person) -> None:
    muted = {"builds": {"feed": False, "toast": False}}
    Preference.objects.create(user=person("alice"), choices=muted)

    said = press(sender, "preview", to="everyone", person="alice", category="builds")

    assert "this person turned the category off" in text(said)
    assert ">Hello</a>" not in said.content.decode()


def test_a_person_it_does_not_reach_sees_nothing(sender: Client, person: Person) -> None:
    person("alice")

    assert "This person isn’t among the recipients." in text(
        press(sender, "preview", to="user:sender", person="alice")
    )
    assert "No user with this name" in text(press(sender, "preview", person="no\x00body"))


def test_without_a_person_it_is_the_first_recipients_where_the_sender_is_none(
    sender: Client, person: Person
) -> None:
    person("alice")

    page = press(sender, "preview", to="user:alice")

    assert page.content.decode().count(">Hello</a>") == 2
    assert "alice" in text(page)


def test_it_is_shown_in_the_language_the_theme_and_the_width_that_are_chosen(sender: Client) -> None:
    look = {"language": "ar", "theme": "dark", "width": "phone"}

    page = press(sender, "preview", severity="warning", **look).content.decode()

    assert 'data-width="phone"' in page
    assert '<div class="screen" data-theme="dark" lang="ar" dir="rtl">' in page
    assert "تحذير" in page
    assert "الآن" in page
    assert "أُرسل إلى" in page
    assert '<html lang="en" dir="ltr">' in page


def test_a_test_goes_to_the_sender_alone_and_at_once(broadcaster: Client, person: Person) -> None:
    person("alice")
    later = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"

    answer = press(broadcaster, "test", title="Draft", category="builds", key="k", send_at=later)

    row = Notification.objects.get()
    me = User.objects.get(username="broadcaster")
    assert "Test sent to you only." in text(answer)
    assert (row.topic, row.title, row.category, row.key) == (f"user-{me.pk}", "Draft", "builds", "")
    assert row.due_at <= timezone.now()
    assert acts() == ["test"]


def test_a_test_needs_no_address(sender: Client) -> None:
    press(sender, "test", to="")

    assert acts() == ["test"]


def test_what_is_sent_goes_out_after_ten_seconds(sender: Client, person: Person) -> None:
    person("alice")
    before = timezone.now()

    answer = press(sender, "send", to="user:alice", title="Green", url="/builds/512")

    sending = Sending.objects.get()
    row = sending.notifications.get()
    assert answer["Location"] == f"/dashboard/sent/{sending.pk}/"
    assert (sending.sender, sending.to, row.url, row.position) == (
        "sender",
        ["user:alice"],
        "/builds/512",
        None,
    )
    assert timedelta(seconds=9) < row.due_at - before < timedelta(seconds=15)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor, entry.target) == ("send", "sender", str(sending.pk))
    assert (entry.detail["to"], entry.detail["title"], entry.detail["people"]) == (["user:alice"], "Green", 1)


def test_a_schedule_is_on_the_clocks_of_the_sender(sender: Client) -> None:
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"

    press(sender, "send", to="user:sender", send_at=f"{tomorrow}T12:00", zone="Asia/Tokyo")

    due_at = Sending.objects.get().due_at
    assert due_at == datetime.fromisoformat(f"{tomorrow}T03:00").replace(tzinfo=UTC)


def test_no_clock_is_guessed(sender: Client) -> None:
    answer = press(sender, "send", to="user:sender", send_at="2040-01-01T00:00", zone="Mars/Olympus")

    assert "Unknown time zone" in text(answer)
    assert nothing_done()


def test_the_button_pressed_twice_sends_once(sender: Client) -> None:
    form = {**draft(sender, to="user:sender"), "act": "send"}

    first, second = sender.post(COMPOSE, form), sender.post(COMPOSE, form)

    assert first["Location"] == second["Location"] == f"/dashboard/sent/{form['id']}/"
    assert Notification.objects.count() == 1
    assert acts() == ["send"]


def test_what_was_changed_since_is_not_taken_for_the_same(sender: Client) -> None:
    form = {**draft(sender, to="user:sender"), "act": "send"}
    sender.post(COMPOSE, form)

    answer = sender.post(COMPOSE, {**form, "title": "Another"})

    assert answer.status_code == 409
    assert "This was already sent" in text(answer)
    assert Notification.objects.count() == 1


def test_a_template_fills_the_form_and_its_variables_are_asked_for(sender: Client) -> None:
    template = Template.objects.create(
        name="Build", title="Build {number}", body="By {who}.", url="/builds/{number}", severity="success"
    )

    page = sender.get(f"{COMPOSE}?template={template.pk}").content.decode()

    assert 'value="Build {number}"' in page
    assert page.index('name="var-number"') < page.index('name="var-who"')
    assert '<option value="success" selected>' in page


def test_what_fills_a_template_is_what_is_sent(sender: Client) -> None:
    fields = {"title": "Build {number}", "body": "By {who}.", "url": "/builds/{number}", "to": "user:sender"}
    filled: dict[str, Any] = {"template": "on", **fields, "var-number": "512", "var-who": "Ana {x}"}

    press(sender, "send", **filled)

    row = Notification.objects.get()
    assert (row.title, row.body, row.url) == ("Build 512", "By Ana {x}.", "/builds/512")


def test_what_is_not_filled_is_not_sent(sender: Client) -> None:
    answer = press(sender, "send", to="user:sender", title="Build {number}", template="on")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert nothing_done()


def test_braces_are_braces_without_a_template(sender: Client) -> None:
    press(sender, "send", to="user:sender", title="{x: 1} and {name}")

    assert Notification.objects.get().title == "{x: 1} and {name}"


@pytest.mark.parametrize("template", ["0", "-1", "x", "9" * 30])
def test_a_template_that_is_none_is_not_found(sender: Client, template: str) -> None:
    assert sender.get(f"{COMPOSE}?template={template}").status_code == 404


@pytest.mark.parametrize("people", [3, 300])
def test_ten_queries_do_whatever_the_number_of_people(
    broadcaster: Client, people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    users = User.objects.bulk_create(User(username=f"u{number}") for number in range(people))
    Group.objects.create(name="ops").user_set.add(*users)
    to = "user:u0\ngroup:ops\ntopic:releases"
    form = {**draft(broadcaster, to=to, person="u1"), "act": "preview"}

    with django_assert_max_num_queries(10):
        broadcaster.get(COMPOSE)
    with django_assert_max_num_queries(10):
        broadcaster.post(COMPOSE, form)


@pytest.mark.parametrize("act", ["preview", "test", "send"])
def test_what_is_too_large_for_its_longest_topic_is_refused(broadcaster: Client, act: str) -> None:
    fits_a_short_one = "x" * 65_250

    answer = press(broadcaster, act, to="topic:a\ntopic:" + "a" * 200, body=fits_a_short_one, confirm="0")

    assert answer.status_code == (200 if act == "preview" else 422)
    assert "Too large" in text(answer)
    assert nothing_done()


def test_a_variable_that_makes_it_too_large_is_refused(sender: Client) -> None:
    blank = {"template": "True", "title": "{what}", "body": "{what}", "var-what": "y" * 200}

    answer = press(sender, "send", to="user:sender", **{**blank, "body": "{what}" + "x" * 65_300})

    assert answer.status_code == 422
    assert "Too large" in text(answer)
    assert nothing_done()
