"""A key that names topics reaches inboxes only as far as it names people, by token and by reading alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User

from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Room, Ticket
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, refused

Bound = Callable[..., Caller]


@pytest.fixture
def bound(db: None) -> Bound:
    """A program whose key has every scope and is for these topics."""

    def make(*topics: str, opens_private: bool = True, may_broadcast: bool = True) -> Caller:
        text = api_keys.create(
            "bound", api_keys.SCOPES, topics=topics, opens_private=opens_private, may_broadcast=may_broadcast
        )
        return Caller(bearer=text)

    return make


@pytest.mark.usefixtures("alice")
def test_a_token_of_nothing_is_refused_with_what_to_name(bound: Bound) -> None:
    answer = bound("job-*").post("tokens", {"user": "alice"})

    assert refused(answer, 403)
    assert "user:alice" in answer.json["detail"]
    assert not Ticket.objects.exists()


def test_its_token_opens_live_topics_and_no_inbox(bound: Bound, alice: User) -> None:
    answer = bound("job-*").post("tokens", {"user": "alice", "topics": ["job-42"]})

    assert answer.status == 201
    claims = tokens.read(answer.json["token"])
    assert not claims.own
    assert claims.topics == ("job-42",)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "notifications"),
        ("GET", "notifications/count"),
        ("POST", "notifications/read-all"),
        ("POST", "notifications/seen"),
        ("GET", "preferences"),
    ],
)
@pytest.mark.usefixtures("alice")
def test_that_token_neither_reads_nor_marks_an_inbox(bound: Bound, method: str, path: str) -> None:
    issued = bound("job-*").post("tokens", {"user": "alice", "topics": ["job-42"]}).json

    answer = Caller(bearer=issued["token"]).call(method, path)

    assert refused(answer, 403)
    assert "inbox" in answer.json["detail"]


@pytest.mark.parametrize("pattern", ["user:alice", "user-*"])
def test_a_key_that_names_the_person_opens_the_inbox(bound: Bound, alice: User, pattern: str) -> None:
    notify(["user:alice"], "Hello")
    program = bound(pattern)

    token = program.post("tokens", {"user": "alice"}).json["token"]

    assert [item["title"] for item in Caller(bearer=token).get("notifications").json["items"]] == ["Hello"]
    assert program.get("notifications?user=alice").status == 200


@pytest.mark.usefixtures("alice", "bob")
def test_a_person_is_named_for_good_whatever_they_are_called(bound: Bound) -> None:
    program = bound("user:alice")
    User.objects.filter(username="alice").update(username="alicia")
    User.objects.filter(username="bob").update(username="alice")

    assert program.get("notifications?user=alicia").status == 200
    assert refused(program.get("notifications?user=alice"), 403)


@pytest.mark.parametrize("path", ["notifications", "notifications/count", "preferences"])
@pytest.mark.usefixtures("alice")
def test_reading_is_bound_as_writing_is(bound: Bound, path: str) -> None:
    answer = bound("job-*", "everyone").get(f"{path}?user=alice")

    assert refused(answer, 403)
    assert "user:alice" in answer.json["detail"]


@pytest.mark.usefixtures("alice")
def test_of_the_rooms_it_finds_those_it_names(bound: Bound) -> None:
    for name in ("standup-1", "lobby"):
        Room.objects.create(name=name, audience=Room.Audience.EVERYONE)

    found = bound("room-standup-*").get("rooms?user=alice").json["rooms"]

    assert [room["name"] for room in found] == ["standup-1"]


@pytest.mark.usefixtures("alice")
def test_its_tokens_name_no_other_rooms(bound: Bound) -> None:
    for name in ("standup-1", "lobby"):
        Room.objects.create(name=name, audience=Room.Audience.EVERYONE)
    program = bound("room-standup-*")

    assert program.post("tokens", {"user": "alice", "topics": ["room-standup-1"]}).status == 201
    assert refused(program.post("tokens", {"user": "alice", "topics": ["room-lobby"]}), 403)


def test_a_key_that_opens_nothing_private_gives_tokens_for_live_topics_alone(
    bound: Bound, alice: User
) -> None:
    Room.objects.create(name="lobby", audience=Room.Audience.EVERYONE)
    program = bound(opens_private=False)

    assert program.post("tokens", {"user": "alice", "topics": ["job-42"]}).status == 201
    assert refused(program.post("tokens", {"user": "alice"}), 403)
    assert refused(program.post("tokens", {"user": "alice", "topics": ["room-lobby"]}), 403)
    assert refused(program.get("notifications?user=alice"), 403)


def test_a_key_that_may_not_broadcast_reaches_few(bound: Bound, alice: User, settings: object) -> None:
    settings.HUB_CONFIRM_ABOVE = 1  # type: ignore[attr-defined]
    bob = User.objects.create_user("bob")
    Group.objects.create(name="both").user_set.add(alice, bob)
    program = bound(may_broadcast=False)

    assert program.post("notifications", {"to": ["user:alice"], "title": "Hello"}).status == 201
    for to in (["everyone"], ["group:both"], ["user:alice", "user:bob"]):
        assert refused(program.post("notifications", {"to": to, "title": "Hello"}), 403)


@pytest.mark.usefixtures("alice")
def test_a_key_that_may_not_broadcast_takes_back_none_that_went_to_everyone(bound: Bound) -> None:
    (wide,), (narrow,) = notify(["everyone"], "Hello"), notify(["user:alice"], "Hello")
    program = bound(may_broadcast=False)

    assert refused(program.delete(f"notifications/{wide.pk}"), 403)
    assert program.delete(f"notifications/{narrow.pk}").status == 200


@pytest.mark.usefixtures("alice", "ops")
def test_a_key_names_people_and_groups_by_their_addresses(bound: Bound) -> None:
    program = bound("user:alice", "group:ops")

    assert program.post("notifications", {"to": ["user:alice", "group:ops"], "title": "Hello"}).status == 201
    assert refused(program.post("notifications", {"to": ["everyone"], "title": "Hello"}), 403)


@pytest.mark.django_db
@pytest.mark.parametrize("topic", ["user:nobody", "group:nobody", "user:", "user:a\x00", "user:\ud800"])
def test_an_unknown_person_is_named_and_no_key_is_made(topic: str) -> None:
    with pytest.raises(api_keys.BadKey):
        api_keys.create("ci", ["send"], topics=[topic])

    assert not ApiKey.objects.exists()
