"""Before it is sent: how many people it reaches, each counted once, and some of them by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import DjangoAssertNumQueries

from notifications.access import api_keys
from notifications.models import Subscription
from tests.unit.notifications.conftest import Caller, refused, rows_written


def reached(program: Caller, *to: str) -> tuple[int, list[str]]:
    answer = program.post("audience", {"to": list(to)})
    assert answer.status == 200, answer.json
    return answer.json["people"], answer.json["sample"]


def test_everyone_who_is_here_is_counted(program: Caller, alice: User, bob: User) -> None:
    User.objects.create_user("left", is_active=False)

    assert reached(program, "everyone") == (2, ["alice", "bob"])


def test_a_group_is_counted_by_its_people_whatever_its_name(program: Caller, alice: User) -> None:
    group = Group.objects.create(name="Büro & Friends " + "x" * 120)
    alice.groups.add(group)

    assert reached(program, f"group:{group.name}") == (1, ["alice"])


def test_a_topic_is_counted_by_who_follows_it(program: Caller, alice: User, bob: User) -> None:
    Subscription.objects.create(user=bob, topic="releases")

    assert reached(program, "topic:releases") == (1, ["bob"])


def test_a_segment_is_counted_by_its_people(program: Caller, alice: User, bob: User) -> None:
    bob.is_staff = True
    bob.save()

    assert reached(program, "segment:staff") == (1, ["bob"])


def test_a_person_whom_two_addresses_reach_is_counted_once(
    program: Caller, alice: User, bob: User, ops: Group
) -> None:
    Subscription.objects.create(user=alice, topic="releases")

    assert reached(program, "user:alice", "group:ops", "topic:releases", "user:bob") == (2, ["alice", "bob"])


def test_ten_are_named_at_most(program: Caller) -> None:
    User.objects.bulk_create(User(username=f"u{number:02}") for number in range(12))

    people, sample = reached(program, "everyone")

    assert people == 12
    assert sample == [f"u{number:02}" for number in range(10)]


def test_the_topics_are_named_at_most_fifty(program: Caller, alice: User, ops: Group) -> None:
    few = program.post("audience", {"to": ["user:alice", "group:ops", "everyone"]})
    many = program.post("audience", {"to": [f"topic:t{number}" for number in range(60)]})

    assert few.json["topics"] == [f"user-{alice.pk}", f"group-{ops.pk}", "everyone"]
    assert len(many.json["topics"]) == 50


def test_nothing_is_sent(program: Caller, alice: User) -> None:
    reached(program, "everyone")

    assert rows_written() == 0


@pytest.mark.parametrize(
    ("field", "to"),
    [
        ("to", None),
        ("to", []),
        ("to", "everyone"),
        ("to", ["user:nobody"]),
        ("to", ["segment:nobody"]),
        ("to", ["topic:user-1"]),
        ("to", ["user:al\x00ice"]),
        ("to.0", [7]),
    ],
)
def test_what_cannot_be_sent_to_is_refused(program: Caller, field: str, to: Any) -> None:
    assert refused(program.post("audience", {"to": to}), 422, field)


def test_a_key_that_may_not_send_is_refused(with_key: Callable[..., Caller]) -> None:
    assert refused(with_key("read").post("audience", {"to": ["everyone"]}), 403)


def test_a_key_learns_nothing_of_people_it_may_not_send_to(alice: User, bob: User) -> None:
    program = Caller(bearer=api_keys.create("limited", ["send"], topics=[f"user-{alice.pk}"]))

    assert reached(program, "user:alice") == (1, ["alice"])
    assert refused(program.post("audience", {"to": ["everyone"]}), 403)


@pytest.mark.parametrize("people", [3, 300])
def test_the_queries_do_not_grow_with_the_people(
    program: Caller, ops: Group, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = User.objects.bulk_create(User(username=f"u{number}") for number in range(people))
    ops.user_set.add(*users)
    program.post("audience", {"to": ["group:ops"]})  # the key is known from here on

    with django_assert_num_queries(2):  # the group, the people
        program.post("audience", {"to": ["group:ops"]})
