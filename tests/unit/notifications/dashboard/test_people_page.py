"""People: found by the beginning of their name, and what they chose changed for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hub import topics
from hub.log import Log
from notifications.inbox import preferences, read_state
from notifications.models import AuditEntry, Preference
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import events_on

PATH = "/dashboard/people/"
HOURS = {"start": "22:00", "end": "07:00", "zone": "Europe/Vienna"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(person: Callable[[str], User]) -> User:
    alice = person("alice")
    alice.groups.add(Group.objects.create(name="ops"))
    rows = notify(["user:alice", "group:ops"], "Green", category="builds")
    read_state.read(alice, rows[0].pk)
    return alice


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]+"><bdi>([^<]+)', page)


def shown(client: Client, path: str = PATH, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def choose(client: Client, user: User, **form: Any) -> Any:
    sent = {"category": ["builds", ""], "feed": ["builds", ""], "toast": [""], **form}
    return client.post(f"{PATH}{user.pk}/preferences", sent)


def test_people_are_found_by_the_beginning_of_their_name(viewer: Client) -> None:
    User.objects.bulk_create(User(username=name) for name in ("ann", "anna", "bob", "joann"))

    assert names(shown(viewer, q="ann")) == ["ann", "anna"]


@pytest.mark.parametrize("q", ["nobody", "%", "_", "'", "\x00", "x" * 500, "<b>"])
def test_a_search_that_finds_no_one_says_so(viewer: Client, q: str) -> None:
    page = shown(viewer, q=q)

    assert names(page) == ([] if q != "\x00" else ["viewer"])
    assert "<b>" not in page


def test_all_come_by_pages_in_order(viewer: Client, django_assert_max_num_queries: Any) -> None:
    User.objects.bulk_create(User(username=f"p{number:03}") for number in range(120))

    listed, query = [], "q=p"
    while query:
        with django_assert_max_num_queries(10):
            page = shown(viewer, f"{PATH}?{query}")
        listed += names(page)
        following = re.search(r'<a rel="next" href="\?([^"]+)"', page)
        query = following[1].replace("&amp;", "&") if following else ""

    assert listed == [f"p{number:03}" for number in range(120)]


def test_a_person_s_page_says_who_they_are_and_what_they_read(
    viewer: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        page = shown(viewer, f"{PATH}{alice.pk}/")

    for topic in ("everyone", f"user-{alice.pk}", "group:ops"):
        assert f"<bdi>{topic}</bdi>" in page
    assert "<dt>Unread</dt><dd>1</dd>" in page
    assert "builds" in page
    for path in ("why", "connections"):
        assert f'href="/dashboard/{path}/?person=alice"' in page


def test_neither_address_nor_password_is_shown(viewer: Client, alice: User) -> None:
    alice.email = "alice@example.com"
    alice.set_password("demo")
    alice.save()

    page = shown(viewer, f"{PATH}{alice.pk}/")

    assert "example.com" not in page
    assert alice.password not in page


@pytest.mark.parametrize("id", ["999999", "9" * 30])
def test_the_page_of_an_unknown_person_is_not_found(viewer: Client, id: str) -> None:
    assert viewer.get(f"{PATH}{id}/").status_code == 404


def test_what_was_chosen_for_them_holds_is_published_and_recorded(
    manager: Client, alice: User, live_log: Log, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = choose(manager, alice, quiet="on", **HOURS)

    assert answer.status_code == 302
    builds = {"feed": True, "toast": False}
    chosen = preferences.chosen(alice)
    assert (chosen["categories"], chosen["quiet_hours"]) == ({"builds": builds}, HOURS)
    sent = [event for event in events_on(live_log, topics.user(alice.pk)) if event["type"] == "preferences"]
    assert [event["data"]["categories"]["builds"] for event in sent] == [builds]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.act, entry.target) == ("manager", "change-preferences", "alice")
    assert entry.detail == {
        "person": alice.pk,
        "before": {"categories": {}, "quiet_hours": None},
        "after": {"categories": {"builds": builds}, "quiet_hours": HOURS},
    }


@pytest.mark.parametrize(
    "form",
    [
        {"category": ["security"], "feed": []},
        {"category": ["No Category"], "feed": []},
        {"quiet": "on", "start": "late", "end": "07:00", "zone": "UTC"},
        {"quiet": "on", "start": "22:00", "end": "07:00", "zone": "nowhere"},
    ],
)
def test_what_they_could_not_choose_no_one_chooses_for_them(
    manager: Client, alice: User, form: dict[str, Any]
) -> None:
    answer = choose(manager, alice, **form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Preference.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "sender", "broadcaster"])
def test_other_roles_may_look_and_not_change(request: pytest.FixtureRequest, who: str, alice: User) -> None:
    client: Client = request.getfixturevalue(who)

    page = shown(client, f"{PATH}{alice.pk}/")

    assert '<fieldset class="whole" disabled>' in page
    assert "/dashboard/tail/" not in page
    assert choose(client, alice).status_code == 403
    assert not Preference.objects.exists()


def test_an_inactive_person_has_a_page_too(viewer: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert "inactive" in shown(viewer, f"{PATH}{alice.pk}/")


def test_a_name_with_signs_in_it_is_linked_as_it_is(viewer: Client) -> None:
    odd = User.objects.create_user("a&b+c@d")

    page = shown(viewer, f"{PATH}{odd.pk}/")

    assert json.dumps("a&amp;b+c@d")[1:-1] in page
    assert "?person=a%26b%2Bc%40d" in page
