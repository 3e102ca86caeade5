"""People whose accounts another system keeps: put, changed, deactivated and listed by its programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from pytest_django import DjangoAssertNumQueries

from notifications.access import api_keys
from notifications.models import Arrival, Ending, Profile
from tests.unit.notifications.conftest import Caller, refused

ALICE = {
    "name": "Alice Liddell",
    "email": "alice@example.com",
    "language": "de-AT",
    "zone": "Europe/Vienna",
    "groups": ["ops", "readers"],
    "active": True,
}


@pytest.fixture
def crm(with_key: Callable[..., Caller]) -> Caller:
    """A program that keeps people."""
    return with_key("people")


def test_a_new_person_is_created_as_described(crm: Caller) -> None:
    answer = crm.put("people/crm-1", ALICE)

    assert answer.status == 201
    assert answer.json == {"id": "crm-1", "user": "crm-1", **ALICE}
    assert crm.get("people/crm-1").json == answer.json
    assert not User.objects.get(username="crm-1").has_usable_password()


def test_the_same_again_changes_nothing(crm: Caller) -> None:
    crm.put("people/crm-1", ALICE)

    answer = crm.put("people/crm-1", ALICE)

    assert (answer.status, answer.json["groups"]) == (200, ALICE["groups"])
    assert crm.put("people", {"people": [{"id": "crm-1", **ALICE}]}).json == {"created": 0, "changed": 0}


def test_put_gives_what_is_left_out_its_default(crm: Caller) -> None:
    crm.put("people/crm-1", ALICE)

    answer = crm.put("people/crm-1", {"name": "Alice"})

    assert answer.json == {
        **{"id": "crm-1", "user": "crm-1", "name": "Alice", "email": "", "language": "", "zone": ""},
        **{"groups": [], "active": True},
    }


def test_patch_leaves_what_is_left_out(crm: Caller) -> None:
    crm.put("people/crm-1", ALICE)

    answer = crm.call("PATCH", "people/crm-1", {"groups": ["ops"]})

    assert answer.json == {"id": "crm-1", "user": "crm-1", **ALICE, "groups": ["ops"]}


def test_an_id_may_have_slashes_and_colons(crm: Caller) -> None:
    assert crm.put("people/auth0%7C5f%2F7c:8", {}).json["id"] == "auth0|5f/7c:8"
    assert crm.get("people/auth0%7C5f%2F7c:8").status == 200


def test_who_signs_in_by_this_name_already_is_that_person(crm: Caller, alice: User) -> None:
    answer = crm.put("people/alice", {"email": "alice@example.com"})

    assert answer.status == 200
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_deactivating_ends_sessions_and_tokens(crm: Caller) -> None:
    crm.put("people/crm-1", ALICE)

    assert crm.call("PATCH", "people/crm-1", {"active": False}).json["active"] is False

    user = User.objects.get(username="crm-1")
    assert not user.is_active
    assert Ending.objects.filter(user=user).exists()


def test_who_enters_a_group_has_its_notifications_from_now_on(crm: Caller) -> None:
    crm.put("people/crm-1", {"groups": ["ops"]})

    group = Group.objects.get(name="ops")
    assert Arrival.objects.filter(user__username="crm-1", topic=f"group-{group.pk}").exists()


def test_a_thousand_are_created_and_changed_in_few_queries(
    crm: Caller, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [{"id": f"crm-{n}", "email": f"p{n}@example.com", "groups": ["all"]} for n in range(1000)]

    with django_assert_max_num_queries(60):
        assert crm.put("people", {"people": people}).json == {"created": 1000, "changed": 0}
    for person in people[:10]:
        person["groups"] = ["all", "few"]
    with django_assert_max_num_queries(60):
        assert crm.put("people", {"people": people}).json == {"created": 0, "changed": 10}

    assert Group.objects.get(name="few").user_set.count() == 10


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "people.2.id"),
        ({"id": "x" * 255}, "people.2.id"),
        ({"id": "a\x00b"}, "people.2.id"),
        ({"id": " a"}, "people.2.id"),
        ({"id": "crm-0"}, "people.0.id"),
        ({"id": "x" * 200}, "people.2.id"),
        ({"email": "nobody"}, "people.2.email"),
        ({"language": "deutsch!"}, "people.2.language"),
        ({"zone": "Europe/Nowhere"}, "people.2.zone"),
        ({"groups": [""]}, "people.2.groups.0"),
        ({"groups": ["x" * 151]}, "people.2.groups.0"),
        ({"groups": "ops"}, "people.2.groups"),
        ({"active": "yes"}, "people.2.active"),
        ({"phone": "1"}, "people.2.phone"),
        ({"name": "a\x00b"}, "people.2.name"),
    ],
)
def test_who_is_none_is_named_by_index_and_nothing_is_done(
    crm: Caller, change: dict[str, Any], field: str
) -> None:
    people = [{"id": f"crm-{n}", "groups": ["ops"]} for n in range(4)]

    answer = crm.put("people", {"people": [*people[:2], {**people[2], **change}, people[3]]})

    assert refused(answer, 422, field)
    assert not User.objects.exists()
    assert not Group.objects.exists()
    assert not Profile.objects.exists()


def test_staff_are_not_changed(crm: Caller) -> None:
    User.objects.create_user("root", is_staff=True, email="root@example.com")

    answer = crm.put("people", {"people": [{"id": "crm-1"}, {"id": "root"}]})

    assert refused(answer, 403, "people.1.id")
    assert User.objects.get(username="root").email == "root@example.com"
    assert refused(crm.call("PATCH", "people/root", {"active": False}), 403, "id")


def test_a_group_that_gives_permissions_is_entered_by_no_program(crm: Caller) -> None:
    admins = Group.objects.create(name="admins")
    admins.permissions.add(Permission.objects.all()[0])

    assert refused(crm.put("people/crm-1", {"groups": ["admins"]}), 403, "groups")
    assert not User.objects.exists()


def test_more_than_a_thousand_are_refused(crm: Caller) -> None:
    answer = crm.put("people", {"people": [{"id": f"crm-{n}"} for n in range(1001)]})

    assert refused(answer, 422, "people")


def test_people_are_listed_in_pages_by_group_and_by_activity(crm: Caller) -> None:
    crm.put("people", {"people": [{"id": f"p{n}", "groups": ["odd"] if n % 2 else []} for n in range(7)]})
    crm.call("PATCH", "people/p3", {"active": False})

    first = crm.get("people?limit=3").json
    rest = crm.get(f"people?limit=10&after={first['next']}").json

    assert [one["id"] for one in first["people"] + rest["people"]] == [f"p{n}" for n in range(7)]
    assert rest["next"] is None
    assert [one["id"] for one in crm.get("people?group=odd&active=true").json["people"]] == ["p1", "p5"]
    assert crm.get("people?group=even").json["people"] == []


@pytest.mark.parametrize("path", ["people/crm-9", "people/a%00b"])
def test_who_is_unknown_is_404(crm: Caller, path: str) -> None:
    assert crm.get(path).status in (404, 422)
    assert crm.call("PATCH", path, {"name": "x"}).status in (404, 422)


def test_it_takes_the_scope_and_a_key_for_all_topics(
    crm: Caller, with_key: Callable[..., Caller], db: None
) -> None:
    others = with_key("send", "publish", "tokens", "read")
    bound = Caller(api_keys.create("bound", ["people"], topics=["user-*"]))

    for caller in (others, bound):
        for method, path in (
            ("PUT", "people/x"),
            ("PATCH", "people/x"),
            ("GET", "people"),
            ("PUT", "people"),
        ):
            assert refused(caller.call(method, path, {} if method != "GET" else None), 403)
