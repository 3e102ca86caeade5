"""The live tail is begun by an act that is audited, and found by its entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Subscription

PATH = "/dashboard/tail/"

pytestmark = pytest.mark.django_db


def listens(page: str) -> list[str]:
    found = re.search(r'data-query="\?([^"]*)"', page)
    assert found
    return parse_qs(found[1].replace("&amp;", "&"))["topic"]


def begin(client: Client, **form: str) -> str:
    answer = client.post(PATH, form)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_person_is_watched_on_all_topics_of_their_inbox(
    manager: Client, person: Callable[[str], User], django_assert_max_num_queries: Any
) -> None:
    alice = person("alice")
    ops = Group.objects.create(name="ops")
    alice.groups.add(ops)
    Subscription.objects.create(user=alice, topic="releases")

    address = begin(manager, person="alice")
    with django_assert_max_num_queries(10):
        page = manager.get(address).content.decode()

    assert listens(page) == ["everyone", f"user-{alice.pk}", f"group-{ops.pk}", "releases"]
    assert "<bdi>group:ops</bdi>" in page
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.act, entry.target) == ("manager", "tail", "user:alice")


@pytest.mark.parametrize("topic", ["job-42", "user-7", "everyone", "staff-instances"])
def test_a_topic_is_watched(manager: Client, topic: str) -> None:
    page = manager.get(begin(manager, topic=topic)).content.decode()

    assert listens(page) == [topic]
    assert AuditEntry.objects.get().target == f"topic:{topic}"


@pytest.mark.parametrize("written", ["group:ops", "group-ops"])
def test_a_group_is_watched_by_its_name(manager: Client, written: str) -> None:
    ops = Group.objects.create(name="ops")

    page = manager.get(begin(manager, topic=written)).content.decode()

    assert listens(page) == [f"group-{ops.pk}"]
    assert AuditEntry.objects.get().target == "group:ops"


def test_a_person_of_many_topics_is_watched_on_as_many_as_a_feed_takes(
    manager: Client, person: Callable[[str], User]
) -> None:
    alice = person("alice")
    Subscription.objects.bulk_create(Subscription(user=alice, topic=f"topic-{n}") for n in range(150))

    page = manager.get(begin(manager, person="alice")).content.decode()

    assert len(listens(page)) == 100
    assert "Topics not shown (limit reached): 52" in page


def test_a_link_fills_in_the_form_and_watches_no_one(manager: Client) -> None:
    page = manager.get(f"{PATH}?person=alice").content.decode()

    assert 'name="person" value="alice"' in page
    assert "data-query" not in page
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "either a person or a topic"),
        ({"person": "alice", "topic": "job-1"}, "either a person or a topic"),
        ({"person": "nobody"}, "No user “nobody”"),
        ({"person": "a\x00b"}, "No user “"),
        ({"topic": "a b"}, "is not a valid topic"),
        ({"topic": "room-lobby"}, "to the room’s members only"),
        ({"topic": "hub.control"}, "internal to the hub"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_reason(
    manager: Client, form: dict[str, str], says: str
) -> None:
    answer = manager.post(PATH, form)

    assert answer.status_code == 422
    assert re.search(rf'<p class="notice" role="alert">[^<]*{says}', answer.content.decode())
    assert not AuditEntry.objects.exists()


def test_only_a_manager_may_watch(viewer: Client, sender: Client, person: Callable[[str], User]) -> None:
    person("alice")

    for client in (viewer, sender):
        assert client.get(PATH).status_code == 403
        assert client.post(PATH, {"person": "alice"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_an_entry_is_good_for_a_day_and_for_who_made_it(
    manager: Client, staff: Callable[..., Client], person: Callable[[str], User]
) -> None:
    alice = person("alice")
    me = User.objects.get(username="manager")
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    old = AuditEntry.objects.create(
        act="tail", actor_id=me.pk, at=yesterday, detail={"person": str(alice.pk)}
    )
    address = begin(manager, person="alice")

    assert manager.get(address).status_code == 200
    assert staff("other", "view", "manage").get(address).status_code == 404
    assert manager.get(f"{PATH}?entry={old.pk}").status_code == 404


@pytest.mark.parametrize("entry", ["", "x", "-1", "²", "9" * 30, "999999"])
def test_an_entry_that_is_none_is_not_found(manager: Client, entry: str) -> None:
    assert manager.get(f"{PATH}?entry={entry}").status_code == 404
