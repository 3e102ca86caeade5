"""A group's name is what people write: renamed it loses nothing, and another of its name inherits nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.log import Log
from notifications.access import api_keys
from notifications.models import Notification
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused


def titles(reader: Caller) -> list[str]:
    return [item["title"] for item in reader.get("notifications").json["items"]]


def unread(reader: Caller) -> int:
    count: int = reader.get("notifications/count").json["count"]["unread"]
    return count


def rename(group: Group, name: str) -> None:
    group.name = name
    group.save()


def test_a_renamed_group_keeps_what_it_was_sent(reader: Caller, ops: Group) -> None:
    notify(["group:ops"], "before")

    rename(ops, "operators")
    notify(["group:operators"], "after")

    assert titles(reader) == ["after", "before"]
    assert unread(reader) == 2


def test_a_new_group_of_an_old_name_inherits_nothing(bob: User, ops: Group) -> None:
    notify(["group:ops"], "secret")
    rename(ops, "operators")

    bob.groups.add(Group.objects.create(name="ops"))

    other = Caller(user=bob)
    assert (titles(other), unread(other)) == ([], 0)


def test_a_group_made_again_inherits_nothing(bob: User, ops: Group) -> None:
    notify(["group:ops"], "secret")
    ops.delete()

    bob.groups.add(Group.objects.create(name="ops"))

    assert titles(Caller(user=bob)) == []


@pytest.mark.parametrize("name", ["1", "007", "~n1", "ops-" + "x" * 140, "Größe & mehr", "é" * 60])
def test_a_group_of_any_name_is_reached_by_its_members_alone(alice: User, bob: User, name: str) -> None:
    others = [Group.objects.create(name=f"other {n}") for n in range(3)]
    bob.groups.add(*others)
    alice.groups.add(Group.objects.create(name=name))

    notify([f"group:{name}"], "for them")

    assert titles(Caller(user=alice)) == ["for them"]
    assert titles(Caller(user=bob)) == []


@pytest.mark.django_db(transaction=True)
def test_an_item_and_its_event_name_the_group_and_bear_its_topic(
    live_log: Log, reader: Caller, ops: Group, program: Caller
) -> None:
    program.post("notifications", {"to": ["group:ops"], "title": "Hello"})

    (item,) = reader.get("notifications").json["items"]
    (event,) = events_on(live_log, f"group-{ops.pk}")

    assert (item["topic"], item["group"]) == (f"group-{ops.pk}", "ops")
    assert (event["data"]["topic"], event["data"]["group"]) == (f"group-{ops.pk}", "ops")


def test_a_list_asks_for_the_names_of_its_groups_once(reader: Caller, alice: User) -> None:
    def ask() -> list[str | None]:
        return [item["group"] for item in reader.get("notifications").json["items"]]

    notify(["user:alice"], "Hello")
    with CaptureQueriesContext(connection) as few:
        assert ask() == [None]
    for number in range(5):
        group = Group.objects.create(name=f"g{number}")
        alice.groups.add(group)
        notify([f"group:g{number}"], "Hello")

    with CaptureQueriesContext(connection) as many:
        assert ask() == ["g4", "g3", "g2", "g1", "g0", None]
    assert len(many) == len(few) + 1


def test_a_key_goes_on_sending_to_its_group_under_its_new_name_and_to_no_other_of_the_old(
    ops: Group,
) -> None:
    program = Caller(bearer=api_keys.create("ops alone", ["send"], topics=["group-ops"]))
    rename(ops, "operators")
    Group.objects.create(name="ops")

    sent = program.post("notifications", {"to": ["group:operators"], "title": "Hello"})
    kept_out = program.post("notifications", {"to": ["group:ops"], "title": "Hello"})

    assert (sent.status, kept_out.status) == (201, 403)
    assert [row.topic for row in Notification.objects.all()] == [f"group-{ops.pk}"]


def test_a_key_for_names_with_a_beginning_sends_to_groups_of_such_names(ops: Group) -> None:
    program = Caller(bearer=api_keys.create("dev", ["send"], topics=["group-dev-*"]))
    Group.objects.create(name="dev-1")

    assert program.post("notifications", {"to": ["group:dev-1"], "title": "Hello"}).status == 201
    assert refused(program.post("notifications", {"to": ["group:ops"], "title": "Hello"}), 403)


def test_a_key_names_no_group_that_is_not_there(db: None) -> None:
    with pytest.raises(api_keys.BadKey, match="create it first"):
        api_keys.create("nobody", ["send"], topics=["group-nobody"])


def test_a_token_is_asked_for_with_a_group_s_name(program: Caller, ops: Group) -> None:
    Group.objects.create(name="others")

    own = program.post("tokens", {"user": "alice", "topics": ["group-ops"]})
    other = program.post("tokens", {"user": "alice", "topics": ["group-others"]})

    assert own.status == 201
    assert refused(other, 422, "topics")
