"""What a person was sent and what is said in a room is shown to who manages and says that they look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from hub.errors import Problem
from hub.ports import Credentials
from notifications.access import judge
from notifications.access.admission import Admission
from notifications.models import AuditEntry, Room, RoomMessage
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import text

WHY = "/dashboard/why/"
ROOM = "/dashboard/rooms/secret/"

pytestmark = pytest.mark.django_db
admission = Admission()

Staff = Callable[..., Client]


@pytest.fixture
def secret() -> Room:
    """A room in which something was said."""
    room = Room.objects.create(name="secret", audience=Room.Audience.PEOPLE)
    content = {"sender": "1", "name": "bob", "at": timezone.now(), "message_id": "1", "position": 1}
    RoomMessage.objects.create(room=room, body="the plan", **content)
    return room


@pytest.fixture
def alice(person: Callable[[str], User]) -> User:
    alice = person("alice")
    notify(["user:alice"], "Your test result", body="It is positive.")
    return alice


def looks() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(act="look").order_by("id").values_list("actor", "target"))


@pytest.mark.usefixtures("alice")
def test_titles_are_hidden_until_someone_says_that_they_look(manager: Client) -> None:
    before = text(manager.get(WHY, {"person": "alice"}))
    answer = manager.post(f"{WHY}look", {"person": "alice"}, follow=True)

    assert "Your test result" not in before
    assert "Personal notification" in before
    assert "Your test result" in text(answer)
    assert looks() == [("manager", "user:alice")]


@pytest.mark.usefixtures("alice")
def test_a_look_is_for_one_person_and_for_its_initiator(
    manager: Client, staff: Staff, person: Callable[[str], User]
) -> None:
    person("bob")
    notify(["user:bob"], "Another result")
    manager.post(f"{WHY}look", {"person": "alice"})
    other = staff("other", "view", "manage")

    assert "Another result" not in text(manager.get(WHY, {"person": "bob"}))
    assert "Your test result" not in text(other.get(WHY, {"person": "alice"}))


@pytest.mark.usefixtures("alice")
def test_a_look_ends_with_the_day_and_with_the_role(manager: Client) -> None:
    user = User.objects.get(username="manager")
    detail = {"titles_of": str(User.objects.get(username="alice").pk)}
    old = timezone.now() - judge.TAIL_VALID - timedelta(minutes=1)
    AuditEntry.objects.create(act="look", actor="manager", actor_id=user.pk, detail=detail, at=old)
    assert "Your test result" not in text(manager.get(WHY, {"person": "alice"}))

    manager.post(f"{WHY}look", {"person": "alice"})
    user.user_permissions.remove(user.user_permissions.get(codename="manage_hub"))

    assert "Your test result" not in text(manager.get(WHY, {"person": "alice"}))


@pytest.mark.usefixtures("alice", "secret")
def test_other_roles_cannot_begin_one(viewer: Client, sender: Client) -> None:
    for client in (viewer, sender):
        assert client.post(f"{WHY}look", {"person": "alice"}).status_code == 403
        assert client.post(f"{ROOM}look").status_code == 403
        assert "Your test result" not in text(client.get(WHY, {"person": "alice"}))
        assert "the plan" not in text(client.get(ROOM))
    assert looks() == []


@pytest.mark.usefixtures("alice")
def test_who_only_views_reads_no_one_s_titles_on_any_page(viewer: Client) -> None:
    row = notify(["user:alice"], "Another result", body="All is well.")[0]
    pages = ["/dashboard/", "/dashboard/sent/", f"/dashboard/sent/{row.sending_id}/"]
    pages += [f"{WHY}?person=alice", f"{WHY}?notification={row.pk}"]
    pages += [f"{WHY}?person=alice&notification={row.pk}"]

    for page in pages:
        content = text(viewer.get(page))
        assert "Another result" not in content, page
        assert "All is well" not in content, page


@pytest.mark.usefixtures("alice")
def test_what_goes_to_many_is_shown_to_who_views(viewer: Client) -> None:
    row = notify(["everyone"], "Maintenance tonight")[0]

    for page in ("/dashboard/sent/", f"/dashboard/sent/{row.sending_id}/", f"{WHY}?notification={row.pk}"):
        assert "Maintenance tonight" in text(viewer.get(page)), page


@pytest.mark.usefixtures("secret")
def test_messages_are_hidden_until_someone_says_that_they_look(manager: Client) -> None:
    before = text(manager.get(ROOM))
    answer = manager.post(f"{ROOM}look", follow=True)

    assert "the plan" not in before
    assert "the plan" in text(answer)
    assert looks() == [("manager", "room:secret")]


@pytest.mark.parametrize("unknown", ["nobody", "", "a\x00"])
def test_an_unknown_person_is_not_looked_at(manager: Client, unknown: str) -> None:
    assert manager.post(f"{WHY}look", {"person": unknown}).status_code == 404
    assert looks() == []


async def admitted(session: str, room: Room) -> bool:
    try:
        await admission.admit(Credentials(session=session), [f"staff-lines-{room.pk}"])
    except Problem:
        return False
    return True


@pytest.mark.django_db(transaction=True)
async def test_a_feed_sends_the_messages_to_the_initiator_of_a_look_alone(
    viewer: Client, manager: Client, secret: Room
) -> None:
    viewing, managing = (client.session.session_key or "" for client in (viewer, manager))

    assert not await admitted(viewing, secret)
    assert not await admitted(managing, secret)
    await sync_to_async(manager.post)(f"{ROOM}look")
    assert await admitted(managing, secret)
    assert not await admitted(viewing, secret)
