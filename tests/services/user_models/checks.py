"""What holds for the people of any project; run by `test_user_models.py` with the settings of each."""

from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from hub import topics
from hub.errors import Problem
from hub.ports import Credentials, Person
from hub.support.threads import in_thread
from notifications import erasure, user_model
from notifications.access import api_keys, endings, judge, revocation, tokens
from notifications.access.admission import Admission
from notifications.inbox import counts, read_state
from notifications.models import Notification, Reading, Room, Subscription
from notifications.rooms import registry
from notifications.sending import audience
from notifications.sending.notify import notify
from notifications.tracking import delivery_log, explain, progress
from notifications.tracking.delivery_log import LiveDelivery, ReplayDelivery
from tests.services.user_models.people.teams import Teams

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse"
MODEL = get_user_model().__name__
NAMES = ("ann@example.com", "bea@example.com")
KEYS: tuple[dict[str, str], ...] = ({"key": "an/n~ü"}, {"key": "007"}) if MODEL == "Member" else ({}, {})


@pytest.fixture
def ann() -> Any:
    return _make(0)


@pytest.fixture
def bea() -> Any:
    return _make(1)


def _make(which: int) -> Any:
    make: Any = get_user_model()._default_manager
    return make.create_user(NAMES[which], PASSWORD, **KEYS[which])


def address(user: Any) -> str:
    return f"user:{user.get_username()}"


def page(name: str, **path: Any) -> str:
    return reverse(f"notifications:{name}", **path)


def signed_in(user: Any) -> Client:
    client = Client()
    assert client.login(username=user.get_username(), password=PASSWORD)
    return client


def inbox(client: Client) -> list[str]:
    return [item["title"] for item in client.get("/api/v1/notifications").json()["items"]]


async def admitted(**credentials: str) -> Person:
    return await Admission().admit(Credentials(**credentials), [])


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_a_notification_reaches_the_inbox_of_its_addressee_only(ann: Any, bea: Any) -> None:
    notify([address(ann)], "for Ann")

    assert inbox(signed_in(ann)) == ["for Ann"]
    assert inbox(signed_in(bea)) == []


def test_unread_counts_follow_what_was_read(ann: Any) -> None:
    one, _ = notify([address(ann), "everyone"], "twice")
    client = signed_in(ann)

    client.post(page("read", args=[one.pk]))

    assert client.get("/api/v1/notifications/count").json()["count"]["unread"] == 1


async def test_a_session_opens_the_feed_of_its_user(ann: Any) -> None:
    client = await in_thread(signed_in, ann)

    person = await admitted(session=session_of(client))

    assert (person.id, person.name) == (str(ann.pk), ann.get_username())
    assert set(person.own) == {"everyone", topics.user(ann.pk), "team-a"}


async def test_a_session_that_was_signed_out_opens_nothing_more(ann: Any) -> None:
    client = await in_thread(signed_in, ann)
    session = session_of(client)
    person = await admitted(session=session)

    await in_thread(client.post, reverse("logout"))

    assert await revocation.revoked([person]) == {person: False}
    with pytest.raises(Problem):
        await admitted(session=session)


async def test_other_sessions_stay_when_one_is_signed_out(ann: Any) -> None:
    stays, ends = await in_thread(signed_in, ann), await in_thread(signed_in, ann)
    person = await admitted(session=session_of(stays))

    await in_thread(ends.post, reverse("logout"))

    assert await revocation.revoked([person]) == {}
    assert await admitted(session=session_of(stays)) == person


async def test_ending_all_sessions_closes_the_feeds(ann: Any) -> None:
    client = await in_thread(signed_in, ann)
    person = await admitted(session=session_of(client))

    await in_thread(endings.end_all, ann.pk)

    assert await revocation.revoked([person]) == {person: False}


async def test_a_token_opens_the_inbox_until_it_is_revoked(ann: Any) -> None:
    token, _, claims = await in_thread(tokens.issue, ann, [], 60)
    person = await admitted(bearer=token)
    assert topics.user(ann.pk) in person.own

    key = await in_thread(api_keys.create, "ci", ["tokens"])
    revoke = Client(headers={"authorization": f"Bearer {key}"}).delete
    assert (await in_thread(revoke, f"/api/v1/tokens/{claims.id}")).status_code == 200

    assert await revocation.revoked([person]) == {person: False}


async def test_a_ticket_opens_a_room_that_names_its_user(ann: Any, bea: Any) -> None:
    await in_thread(registry.make, "den", "chat", [address(ann)])
    (_, ticket, _), (_, other, _) = [await in_thread(tokens.issue, user, [], 60) for user in (ann, bea)]

    assert (await Admission().enter(Credentials(ticket=ticket), "den")).person.id == str(ann.pk)
    with pytest.raises(Problem):
        await Admission().enter(Credentials(ticket=other), "den")


async def test_who_is_removed_from_a_room_is_closed(ann: Any) -> None:
    await in_thread(registry.make, "den", "chat", "everyone")
    _, ticket, _ = await in_thread(tokens.issue, ann, [], 60)
    entry = await Admission().enter(Credentials(ticket=ticket), "den")

    await in_thread(lambda: registry.remove(Room.objects.get(), ann))

    assert await revocation.revoked([entry.person]) == {entry.person: True}


def test_progress_counts_who_received_it_live_or_later(ann: Any, bea: Any) -> None:
    (row,) = notify(["everyone"], "to both")
    Notification.objects.update(position=7)
    live = LiveDelivery(str(row.pk), time.time(), frozenset({str(ann.pk), "no one"}))
    later = ReplayDelivery(str(bea.pk), ("everyone",), 6, 7, time.time())

    delivery_log.write([live], [later])
    Reading.objects.create(user=ann, notification=row, seen_at=row.due_at)

    found = progress.of(row.sending_id)  # type: ignore[arg-type]
    assert found is not None
    assert (found["people"], found["delivered"], found["seen"], found["offline"]) == (2, 2, 1, 0)
    assert [explain.latest(one)[0].reason for one in (ann, bea)] == ["delivered", "delivered"]


def test_what_was_read_at_once_is_counted_and_forgotten(ann: Any, bea: Any) -> None:
    (row,) = notify(["everyone"], "to both")
    Notification.objects.update(position=7)

    read_state.read_all(ann)

    found = progress.of(row.sending_id)  # type: ignore[arg-type]
    assert found is not None
    assert (found["seen"], found["read"], Reading.objects.count()) == (1, 1, 0)
    assert [counts.of(one, judge.own_topics(one))["unread"] for one in (ann, bea)] == [0, 1]
    assert [explain.latest(one)[0].facts.read_at is None for one in (ann, bea)] == [False, True]
    assert erasure.forget(ann)["read states"] == 1


def test_an_address_that_was_sent_to_names_its_user(ann: Any) -> None:
    (row,) = notify([address(ann)], "for Ann")

    assert user_model.topic_key(row.topic) == ann.pk
    assert audience.of([address(ann)]).sample == [ann.get_username()]
    assert audience.people([row.topic]).count() == 1


def test_a_follower_has_what_comes_on_the_topic(ann: Any, bea: Any) -> None:
    Subscription.objects.create(user=ann, topic="job-1")

    notify(["topic:job-1"], "done")

    assert inbox(signed_in(ann)) == ["done"]
    assert [user.pk for user in audience.people(["job-1"])] == [ann.pk]


def test_a_group_of_the_projects_own_is_an_audience(ann: Any, bea: Any) -> None:
    notify(["topic:team-a"], "for the letter")

    assert inbox(signed_in(ann)) == ["for the letter"]
    assert inbox(signed_in(bea)) == []
    assert audience.of(["topic:team-a"]).sample == [ann.get_username()]
    assert "team-a" in judge.own_topics(ann)


async def test_whoever_leaves_such_a_group_is_closed(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await in_thread(signed_in, ann)
    person = await admitted(session=session_of(client))

    monkeypatch.setattr(Teams, "audiences", lambda self, user: ())

    assert await revocation.revoked([person]) == {person: True}


def test_an_audience_that_is_no_topic_is_left_out(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Teams, "audiences", lambda self, user: ["user-7", "", "hub.control", None, "team-b"])

    assert set(judge.own_topics(ann)) == {"everyone", topics.user(ann.pk), "team-b"}


if MODEL != "Member":  # which has no groups and no permissions

    def test_a_group_is_of_its_members_since_they_joined(ann: Any, bea: Any) -> None:
        group = Group.objects.create(name="ops")
        notify(["group:ops"], "before")
        ann.groups.add(group)
        notify(["group:ops"], "after")

        assert inbox(signed_in(ann)) == ["after"]
        assert [user.pk for user in audience.people([topics.group(group.pk)])] == [ann.pk]
        assert judge.own_labels(ann)[topics.group(group.pk)] == "group:ops"

    def test_staff_see_a_person_and_what_they_received(ann: Any, bea: Any) -> None:
        ann.is_staff = True
        ann.save()
        ann.user_permissions.set(Permission.objects.filter(content_type__app_label="hub_notifications"))
        (row,) = notify([address(bea)], "for Bea")
        client = signed_in(ann)

        people = client.get(page("dashboard-people"), {"q": bea.get_username()[:3]})
        detail = client.get(page("dashboard-person", args=[user_model.in_path(bea.pk)]))
        why = client.get(
            page("dashboard-why"),
            {"person": bea.get_username(), "notification": str(row.pk)},
        )
        saved = client.post(page("dashboard-choose", args=[user_model.in_path(bea.pk)]), {})
        audit = client.get(page("dashboard-audit"))
        tail = client.post(page("dashboard-tail"), {"person": bea.get_username()}, follow=True)

        assert bea.get_username() in people.content.decode()
        assert [answer.status_code for answer in (detail, why, saved, audit, tail)] == [
            200,
            200,
            302,
            200,
            200,
        ]


def test_a_page_has_the_bell_of_its_reader(ann: Any) -> None:
    html = signed_in(ann).get(page("inbox")).content.decode()

    assert "<notification-bell" in html
    assert ann.get_username() in html


def test_what_is_no_id_is_no_person(ann: Any) -> None:
    assert [user_model.key_of(id) for id in ("", "a\0", "\ud800")] == [None, None, None]
    assert user_model.key_of(str(ann.pk)) == ann.pk
    assert Client().get(page("dashboard-person", args=["1-2"])).status_code == 302


def test_forgetting_a_person_leaves_nothing_of_theirs(ann: Any, bea: Any) -> None:
    (row,) = notify(["everyone"], "to both")
    delivery_log.write([LiveDelivery(str(row.pk), time.time(), frozenset({str(ann.pk), str(bea.pk)}))], [])
    notify([address(ann)], "for Ann")
    signed_in(ann)

    erasure.forget(ann)

    assert [user.pk for user in user_model.users()] == [bea.pk]
    assert Notification.objects.count() == 1
    assert progress.of(row.sending_id)["delivered"] == 1  # type: ignore[index, arg-type]


def test_old_rows_are_trimmed_wherever_sessions_are(ann: Any) -> None:
    notify([address(ann)], "Old")

    call_command("trim", "--older-than", "1", stdout=StringIO())

    assert Notification.objects.count() == 1
