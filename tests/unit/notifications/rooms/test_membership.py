"""Who may enter which room, as the database says, and what becomes of those who no longer may."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from hub.errors import Problem
from hub.ports import Credentials, Entry, Person
from hub.support.threads import in_thread
from notifications.access import admission as lookups
from notifications.access import endings, names, revocation, tokens
from notifications.access.admission import Admission
from notifications.models import Grant, Room
from notifications.rooms import registry, removal
from tests.unit.hub.rooms.conftest import DEADLINE_S, Hall, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
admission = Admission()

ROOMS = ("lobby", "ops", "den")


class Guarded(Hall):
    """The rooms of one process, guarded as `hub.asgi` has them guarded."""

    async def enter(self, credentials: Credentials, name: str) -> Entry:
        return await admission.enter(credentials, name)

    async def revoked(self, people: Sequence[Person]) -> dict[Person, bool]:
        return await revocation.revoked(people)

    async def by_session(self, name: str, user: User) -> Visitor:
        session = await in_thread(session_of, user)
        origin = f"http://127.0.0.1:{self.port}"
        return await self.visit(name, "", Cookie=f"sessionid={session}", Origin=origin)

    async def by_token(self, name: str, user: User, *topics: str) -> Visitor:
        return await self.visit(name, await in_thread(token_of, user, *topics))

    async def until_kept(self, topic: str) -> None:
        """Until a last value of this room's is kept."""
        async with asyncio.timeout(DEADLINE_S):
            while not await self.presence.last_values(topic):
                await asyncio.sleep(0.01)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def token_of(user: User, *topics: str) -> str:
    return tokens.issue(user, names.meant(topics), 60)[0]


async def close_code(visitor: Visitor) -> int:
    """The code it was closed with; 0 if it is in."""
    return 0 if "live" in visitor.types else await visitor.until_closed()


@pytest.fixture
async def guarded(make_hall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Guarded:
    hall: Guarded = await make_hall(like=Guarded)
    for module in (endings, removal):
        monkeypatch.setattr(module, "shared_log", lambda: hall.log)
    return hall


@pytest.fixture
def people() -> dict[str, User]:
    """Ann is in the group ops and Bob in the room den; Cat is in neither."""
    ann, bob, cat = (User.objects.create_user(name) for name in ("ann", "bob", "cat"))
    ops = Group.objects.create(name="ops")
    ann.groups.add(ops)
    Room.objects.create(name="lobby")
    Room.objects.create(name="ops", kind="board", audience="group", group=ops)
    Room.objects.create(name="den", audience="people").people.add(bob)
    return {"ann": ann, "bob": bob, "cat": cat}


@pytest.mark.parametrize(
    ("who", "codes"), [("ann", (0, 0, 4403)), ("bob", (0, 4403, 0)), ("cat", (0, 4403, 4403))]
)
async def test_a_room_opens_to_its_members_by_session_and_by_token(
    guarded: Guarded, people: dict[str, User], who: str, codes: tuple[int, ...]
) -> None:
    by_session = [await guarded.by_session(name, people[who]) for name in ROOMS]
    by_token = [await guarded.by_token(name, people[who]) for name in ROOMS]

    assert tuple([await close_code(visitor) for visitor in by_session]) == codes
    assert tuple([await close_code(visitor) for visitor in by_token]) == codes


async def test_a_token_opens_the_room_it_names_and_no_other(
    guarded: Guarded, people: dict[str, User]
) -> None:
    named = await guarded.by_token("ops", people["cat"], "room-ops")
    other = await guarded.by_token("den", people["cat"], "room-ops")
    unknown = await guarded.by_token("nowhere", people["cat"], "room-nowhere")

    assert [await close_code(visitor) for visitor in (named, other, unknown)] == [0, 4403, 4404]


@pytest.mark.parametrize("name", ["nowhere", "Lobby", "lobby%00", "lobby/x", "é"])
async def test_an_unknown_room_is_not_found(guarded: Guarded, people: dict[str, User], name: str) -> None:
    visitor = await guarded.by_token(name, people["ann"])

    assert await close_code(visitor) == 4404


async def test_a_session_that_ended_and_a_token_that_is_none_are_no_one_s(
    guarded: Guarded, people: dict[str, User]
) -> None:
    origin = f"http://127.0.0.1:{guarded.port}"
    ended = await guarded.visit("lobby", "", Cookie="sessionid=ended", Origin=origin)
    forged = await guarded.visit("lobby", "a.b.c")

    assert [await close_code(ended), await close_code(forged)] == [4401, 4401]


async def test_a_deactivated_person_s_token_opens_nothing(guarded: Guarded, people: dict[str, User]) -> None:
    token = await in_thread(token_of, people["cat"])
    await in_thread(User.objects.filter(username="cat").update, is_active=False)

    assert await close_code(await guarded.visit("lobby", token)) == 4401


def restrict_lobby() -> None:
    room = Room.objects.get(name="lobby")
    room.audience = Room.Audience.PEOPLE
    room.save()


LOSSES: dict[str, tuple[str, str, Callable[[User], Any]]] = {
    "removed from the room": ("bob", "den", lambda bob: Room.objects.get(name="den").people.remove(bob)),
    "the room emptied": ("bob", "den", lambda bob: Room.objects.get(name="den").people.clear()),
    "removed from the group": ("ann", "ops", lambda ann: ann.groups.clear()),
    "the group deleted": ("ann", "ops", lambda ann: Group.objects.get().delete()),
    "for others now": ("cat", "lobby", lambda cat: restrict_lobby()),
}


@pytest.mark.parametrize(("who", "name", "lose"), LOSSES.values(), ids=LOSSES.keys())
async def test_a_person_who_is_no_longer_a_member_is_closed_and_may_not_come_back(
    guarded: Guarded, people: dict[str, User], who: str, name: str, lose: Callable[[User], Any]
) -> None:
    by_session = await guarded.by_session(name, people[who])
    by_token = await guarded.by_token(name, people[who])

    await in_thread(lose, people[who])

    assert [await by_session.until_closed(), await by_token.until_closed()] == [4003, 4003]
    assert await close_code(await guarded.by_session(name, people[who])) in (4403, 4404)


CLOSINGS: dict[str, Callable[[Room, User], None]] = {
    "closed": lambda room, cat: registry.close(room),
    "removed": registry.remove,
}


@pytest.mark.parametrize("close", CLOSINGS.values(), ids=CLOSINGS.keys())
async def test_a_room_that_is_closed_puts_out_session_and_token_on_every_instance(
    guarded: Guarded, people: dict[str, User], close: Callable[[Room, User], None]
) -> None:
    room = await in_thread(lambda: Room.objects.get(name="lobby"))
    visitors = [
        await guarded.by_session("lobby", people["cat"]),
        await guarded.by_token("lobby", people["cat"]),
        await guarded.by_token("lobby", people["cat"], "room-lobby"),
    ]

    await in_thread(close, room, people["cat"])

    assert [await visitor.until_closed() for visitor in visitors] == [4003] * 3
    assert await close_code(await guarded.by_session("lobby", people["cat"])) == 4403
    assert await close_code(await guarded.by_token("lobby", people["cat"], "room-lobby")) == 4403


async def test_who_is_removed_goes_alone_and_may_be_let_back(
    guarded: Guarded, people: dict[str, User]
) -> None:
    room = await in_thread(lambda: Room.objects.get(name="lobby"))
    ann = await guarded.by_session("lobby", people["ann"])
    cat = await guarded.by_session("lobby", people["cat"])

    await in_thread(registry.remove, room, people["cat"])
    assert await cat.until_closed() == 4003
    await ann.send({"type": "ping"})
    await ann.until_received("pong")
    await in_thread(registry.let_back, room, people["cat"])

    assert await close_code(await guarded.by_session("lobby", people["cat"])) == 0


async def test_a_closed_room_says_that_it_is_closed_until_it_is_opened(
    guarded: Guarded, people: dict[str, User]
) -> None:
    room = await in_thread(lambda: Room.objects.get(name="lobby"))
    credentials = Credentials(session=await in_thread(session_of, people["ann"]))

    await in_thread(registry.close, room)
    with pytest.raises(Problem, match="closed") as refused:
        await admission.enter(credentials, "lobby")
    assert refused.value.status == 403
    await in_thread(registry.reopen, room)

    assert (await admission.enter(credentials, "lobby")).room == "lobby"


async def test_a_user_who_signs_out_is_closed(guarded: Guarded, people: dict[str, User]) -> None:
    ann = await guarded.by_session("lobby", people["ann"])

    def change_password() -> None:
        people["ann"].set_password("another")
        people["ann"].save()

    await in_thread(change_password)

    assert await ann.until_closed() == 4401


SESSION_ENDS: dict[str, Callable[[str], Any]] = {
    "deleted": lambda key: Session.objects.get(session_key=key).delete(),
    "deleted with others": lambda key: Session.objects.filter(session_key=key).delete(),
    "flushed": lambda key: SessionStore(key).flush(),
    "given another key": lambda key: SessionStore(key).cycle_key(),
}


@pytest.mark.parametrize("end", SESSION_ENDS.values(), ids=SESSION_ENDS.keys())
async def test_a_session_without_its_row_is_closed_and_the_person_s_others_stay(
    guarded: Guarded, people: dict[str, User], end: Callable[[str], Any]
) -> None:
    key = await in_thread(session_of, people["ann"])
    origin = f"http://127.0.0.1:{guarded.port}"
    other = await guarded.by_session("lobby", people["ann"])
    ann = await guarded.visit("lobby", "", Cookie=f"sessionid={key}", Origin=origin)

    await in_thread(end, key)

    assert await ann.until_closed() == 4401
    await other.send({"type": "ping"})
    await other.until_received("pong")


async def test_what_a_room_does_not_hang_on_closes_no_one(guarded: Guarded, people: dict[str, User]) -> None:
    ann = await guarded.by_session("lobby", people["ann"])
    bob = await guarded.by_session("den", people["bob"])

    await in_thread(people["ann"].groups.clear)
    await in_thread(lambda: Room.objects.get(name="den").people.clear())

    assert await bob.until_closed() == 4003
    await ann.send({"type": "ping"})
    await ann.until_received("pong")


async def test_a_thousand_who_return_at_once_are_a_few_questions(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def ask(function: Callable[..., Any], *args: Any) -> Any:
        asked.append(function)
        return await in_thread(function, *args)

    def join() -> list[str]:
        users = User.objects.bulk_create(User(username=f"p{number}") for number in range(1000))
        Room.objects.get(name="den").people.set(users)
        return [tokens.issue(user, (), 60)[0] for user in users]

    joined = await in_thread(join)
    monkeypatch.setattr(lookups, "in_thread", ask)

    entries = await asyncio.gather(*(admission.enter(Credentials(bearer=token), "den") for token in joined))

    assert len({entry.person.id for entry in entries}) == 1000
    assert max(Counter(asked).values()) <= 3


async def test_neither_a_grant_nor_a_token_makes_a_room_s_topic_readable_by_a_feed(
    people: dict[str, User],
) -> None:
    ann = people["ann"]
    await in_thread(Grant.objects.create, pattern="room-*")
    session, token = await in_thread(session_of, ann), await in_thread(token_of, ann, "room-lobby")
    (topic,) = await in_thread(names.meant, ["room-lobby"])

    for credentials in (Credentials(session=session), Credentials(bearer=token)):
        with pytest.raises(Problem) as refused:
            await admission.admit(credentials, [topic])
        assert refused.value.status == 403
