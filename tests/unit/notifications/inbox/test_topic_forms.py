"""Topics as a person without JavaScript follows and mutes them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub import topics
from notifications.models import Grant, Preference, Subscription
from notifications.sending.notify import notify

PAGE, CHOICE = "/preferences/", "/preferences/topics"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def releases(alice: User) -> None:
    Grant.objects.create(pattern="releases")
    Subscription.objects.create(user=alice, topic="releases")


def choose(client: Client, choice: str, topic: str, **more: str) -> Any:
    return client.post(CHOICE, {"choice": choice, "topic": topic, **more})


def form(page: str) -> dict[str, str]:
    """The buttons of the first row's form by what they choose, with their attributes."""
    (found,) = re.findall(r'<form class="topic"(.*?)</form>', page.split("<template")[0], re.S)[:1]
    buttons = re.findall(r'<button class="quiet" name="choice" value="(\w+)"([^>]*)>', found)
    return {choice: more.strip() for choice, more in buttons}


def test_a_row_offers_to_mute_its_topic_and_to_leave_one_that_is_followed(client: Client) -> None:
    notify(["topic:releases"], "2.0")

    assert form(client.get("/").content.decode()) == {"mute": "", "unfollow": ""}


def test_a_row_of_a_topic_that_is_not_followed_offers_only_to_mute_it(client: Client) -> None:
    notify(["everyone"], "Hello")

    assert form(client.get("/").content.decode()) == {"mute": "", "unfollow": "hidden"}


def test_a_row_of_what_was_sent_to_oneself_offers_neither(client: Client) -> None:
    notify(["user:alice"], "Hello")

    assert '<form class="topic" method="post" action="/preferences/topics" hidden>' in (
        client.get("/").content.decode()
    )


def test_a_muted_topic_leaves_the_list_and_its_own_page_offers_it_back(client: Client, alice: User) -> None:
    (row,) = notify(["everyone"], "Hello")

    answer = choose(client, "mute", "everyone", next="/?filter=unread")

    assert (answer.status_code, answer.url) == (302, "/?filter=unread")
    assert "Hello" not in client.get("/").content.decode()
    assert form(client.get(f"/notifications/{row.pk}/").content.decode())["unmute"] == ""


def test_no_form_leads_to_another_site(client: Client) -> None:
    assert choose(client, "mute", "everyone", next="https://evil.example/").url == PAGE


def test_the_preferences_list_both_and_end_them(client: Client, alice: User) -> None:
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    choose(client, "mute", topics.group(group.pk))
    choose(client, "mute", "everyone")

    page = client.get(PAGE).content.decode()
    assert re.findall(r'<bdi id="(?:unfollow|unmute)-\d+">([^<]*)</bdi>', page) == [
        "releases",
        "Everyone",
        "Group ops",
    ]
    choose(client, "unfollow", "releases")
    choose(client, "unmute", "everyone")
    assert not Subscription.objects.exists()
    assert Preference.objects.get().muted_topics == [topics.group(group.pk)]


def test_a_topic_is_followed_by_its_name(client: Client, alice: User) -> None:
    Grant.objects.create(pattern="builds")

    assert choose(client, "follow", " builds ").status_code == 302
    assert Subscription.objects.filter(user=alice, topic="builds").exists()


@pytest.mark.parametrize(
    ("choice", "topic", "status", "text"),
    [
        ("follow", "secret", 403, "You don’t have access to “secret”."),
        ("follow", "everyone", 422, "“everyone” is an inbox."),
        ("follow", "two words", 422, "“two words” is not a valid topic."),
        ("follow", "", 422, "is not a valid topic."),
        ("mute", "room-1", 422, "“room-1” is reserved."),
    ],
)
def test_what_cannot_be_chosen_is_refused_on_the_page(
    client: Client, choice: str, topic: str, status: int, text: str
) -> None:
    answer = choose(client, choice, topic)

    assert answer.status_code == status
    assert text in answer.content.decode()


def test_any_other_choice_is_not_found(client: Client) -> None:
    assert choose(client, "delete", "releases").status_code == 404
    assert client.get(CHOICE).status_code == 405


def test_a_stranger_signs_in_first(alice: User) -> None:
    assert choose(Client(), "mute", "everyone").url.startswith("/accounts/login/")
