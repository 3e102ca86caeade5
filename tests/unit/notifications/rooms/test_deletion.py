"""A room that is deleted goes with all that was said in it, and leaves nothing to one of its name."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from hub import topics
from hub.delivery import revocation
from hub.support.invalidations import EVERYONE
from hub.support.threads import in_thread
from notifications.models import Room, RoomMessage
from notifications.rooms import registry
from tests.unit.hub.rooms.conftest import Visitor
from tests.unit.notifications.rooms.test_membership import Guarded, close_code, guarded, people, token_of

__all__ = ["guarded", "people"]

pytestmark = pytest.mark.django_db(transaction=True)


def delete(name: str) -> None:
    Room.objects.get(name=name).delete()


def id_of(name: str) -> int:
    return Room.objects.get(name=name).pk


async def secret(guarded: Guarded, bob: User) -> Visitor:
    """Bob in the room den, in which he has said something."""
    visitor = await guarded.by_session("den", bob)
    await visitor.say("secret")
    await visitor.until_received("said")
    return visitor


async def test_connections_in_it_are_closed_with_the_reason(
    guarded: Guarded, people: dict[str, User]
) -> None:
    ann = await guarded.by_session("ops", people["ann"])
    cat = await guarded.by_token("ops", people["cat"], "room-ops")

    await in_thread(delete, "ops")

    assert [await visitor.until_closed() for visitor in (ann, cat)] == [4404, 4404]
    assert cat.reason == "This room was deleted."


async def test_one_deleted_behind_the_hub_s_back_is_closed_by_the_round(
    guarded: Guarded, people: dict[str, User]
) -> None:
    bob = await guarded.by_session("den", people["bob"])

    def delete_silently() -> None:
        room = Room.objects.get(name="den")
        room.people.clear()
        Room.objects.filter(pk=room.pk)._raw_delete("default")

    await in_thread(delete_silently)
    guarded.log.append([revocation.recheck(EVERYONE)])

    assert await bob.until_closed() == 4003
    assert await close_code(await guarded.by_session("den", people["bob"])) == 4404


async def test_its_messages_are_gone_from_the_log_and_from_the_rows(
    guarded: Guarded, people: dict[str, User]
) -> None:
    bob = await secret(guarded, people["bob"])
    id = await in_thread(id_of, "den")
    common = {"sender": "7", "name": "bob", "message_id": "c1", "at": "2026-01-31T09:00:00Z"}
    await in_thread(lambda: RoomMessage.objects.create(room_id=id, position=1, body="secret", **common))

    await in_thread(delete, "den")
    await bob.until_closed()

    assert (await guarded.log.read({topics.room(id): 0})).events == []
    assert not await in_thread(RoomMessage.objects.exists)


async def test_one_made_again_under_its_name_has_nothing_of_it(
    guarded: Guarded, people: dict[str, User]
) -> None:
    bob = await secret(guarded, people["bob"])

    await in_thread(delete, "den")
    await in_thread(registry.make, "den", "chat", ["user:ann"])
    ann = await guarded.by_session("den", people["ann"])
    await ann.say("anew")
    await ann.until_received("said")

    assert ann.messages == ["anew"]
    assert ann.frames[0]["members"] == [{"id": str(people["ann"].pk), "name": "ann"}]
    assert await bob.until_closed() == 4404


async def test_an_id_sent_in_the_old_one_is_no_repetition_in_the_new_one(
    guarded: Guarded, people: dict[str, User]
) -> None:
    bob = await secret(guarded, people["bob"])
    await in_thread(delete, "den")
    await bob.until_closed()
    await in_thread(registry.make, "den", "chat", ["user:bob"])

    again = await secret(guarded, people["bob"])

    assert int(again.of("said")[0]["position"]) > int(bob.of("said")[0]["position"])


async def test_a_token_for_it_does_not_open_one_made_again_under_its_name(
    guarded: Guarded, people: dict[str, User]
) -> None:
    token = await in_thread(token_of, people["cat"], "room-den")

    await in_thread(delete, "den")
    await in_thread(registry.make, "den", "chat", ["user:ann"])

    assert await close_code(await guarded.visit("den", token)) == 4403


async def test_last_values_of_the_old_one_are_not_the_new_one_s(
    guarded: Guarded, people: dict[str, User]
) -> None:
    await in_thread(registry.make, "pump", "device", ["user:bob"])
    bob = await guarded.by_session("pump", people["bob"])
    await bob.signal("telemetry", {"bar": 7})
    old = topics.room(await in_thread(id_of, "pump"))
    await guarded.until_kept(old)

    await in_thread(delete, "pump")
    await bob.until_closed()
    await in_thread(registry.make, "pump", "device", ["user:ann"])
    ann = await guarded.by_session("pump", people["ann"])
    await ann.send({"type": "ping"})
    await ann.until_received("pong")

    assert ann.of("signal") == []
