"""Who comes, by what they show, and whether they may have what they ask for: the callables of the doors."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone

from hub import topics
from hub.errors import Problem
from hub.ports import Credentials, Entry, Person
from hub.support.coalesce import Batch
from hub.support.invalidations import Doubts
from hub.support.threads import in_thread
from hub.support.ttl_cache import Remembered
from notifications.access import belongings, judge, membership, sessions, standings, tokens
from notifications.access.belongings import NOTHING, Belongings
from notifications.access.judge import Rights
from notifications.access.standings import Standing
from notifications.access.tokens import Claims
from notifications.models import ROOM_NAME

# Of this process: the wiring has the control topic tell it.
doubts = Doubts()


async def admit(credentials: Credentials, wanted: Sequence[str], inbox: bool = True) -> Person:
    """Who this is, if they may read these topics too, with or without their inbox; raise a `Problem` of 401
    or 403."""
    claims = await _shown(credentials)
    while True:
        moment = doubts.moment
        if claims is not None:
            # Where nothing of the inbox is asked for, neither are we about it.
            inbox = inbox or any(topic not in claims.topics or topics.is_inbox(topic) for topic in wanted)
            person = await _by_token(claims, inbox)
            _refuse([topic for topic in wanted if not _opens(claims, person, topic)])
            person = _with_past(person, set(wanted).intersection(claims.topics))
        else:
            person = await _by_session(credentials, wanted)
        # What is asked about from here on finds them among those who are here.
        if not doubts.since(moment, person.id, person.key):
            return person


async def enter(credentials: Credentials, name: str) -> Entry:
    """Who this is, if they may enter the room; raise a `Problem` of 401, 403 or 404.

    A token opens the rooms that it names and, as a session does, those that its person may enter.
    """
    claims = await _shown(credentials)
    while True:
        moment = doubts.moment
        person = (
            await _by_token(claims, False) if claims is not None else (await _from_session(credentials))[0]
        )
        entry = await _entry(person, claims.topics if claims is not None else (), name)
        if not doubts.since(moment, person.id, person.key):
            return entry


async def _shown(credentials: Credentials) -> Claims | None:
    """What their token or ticket says; None without one."""
    if credentials.bearer:
        return tokens.read(credentials.bearer)
    if credentials.ticket:
        return await in_thread(tokens.redeem, credentials.ticket)
    return None


async def _by_token(claims: Claims, inbox: bool) -> Person:
    """Who shows this, and what of their inbox it opens if that is wanted."""
    key = standings.program(claims.key)
    standing, mine = None, NOTHING
    with suppress(KeyError):
        if inbox and claims.own:
            standing, mine = await _people.get(claims.user)
        else:
            standing = await _standings.get(claims.user)
    works = {key} if key and await _programs.get(key) else ()
    return standings.bearer(claims, standing, works, mine)


def _opens(claims: Claims, person: Person, topic: str) -> bool:
    if topics.is_room(topic):
        return False
    # Of inboxes it opens what is theirs now, whatever was theirs when it was made.
    return topic in person.own or (topic in claims.topics and not topics.is_inbox(topic))


async def _by_session(credentials: Credentials, wanted: Sequence[str]) -> Person:
    person, mine = await _from_session(credentials)
    _refuse(mine.denied(wanted))
    if looked_at := replace(mine, roles=mine.roles - {"manage"}).denied(wanted):
        await in_thread(judge.announced, int(person.id), looked_at)
    granted = tuple(topic for topic in wanted if topic not in mine.own)
    person = replace(person, granted=granted) if granted else person
    barred = replace(mine, own=(), roles=mine.roles - {"manage"}).denied(wanted)
    return _with_past(person, set(wanted).difference(barred))


def _with_past(person: Person, opened: Collection[str]) -> Person:
    """Of live topics ``opened`` by another right too they are told what came before they followed them."""
    opened = {topic for topic in opened if topic in person.own and not topics.is_inbox(topic)}
    if not opened:
        return person
    since = zip(person.own, person.since, strict=True)
    return replace(person, since=tuple(0 if topic in opened else at for topic, at in since))


async def _from_session(credentials: Credentials) -> tuple[Person, Rights]:
    if not credentials.session:
        raise Problem(401, "Sign in, or show a subscriber token: Authorization: Bearer … or ?ticket=…")
    try:
        return await _signed_in.get(credentials.session)
    except KeyError:
        raise Problem(401, "This session has ended: sign in again.") from None


async def _entry(person: Person, given: Sequence[str], name: str) -> Entry:
    """The room for this person, whose token names the topics that are ``given``."""
    missing = Problem(404, "There is no such room: GET /api/v1/rooms lists those you may enter.")
    if not re.fullmatch(ROOM_NAME, name):
        raise missing
    try:
        door = await membership.doors.get((name, int(person.id)))
    except KeyError:
        raise missing from None
    if door.closed:
        raise Problem(403, "This room is closed: nobody may enter it until it is opened again.")
    topic = topics.room(door.id)
    named = topic in given and not door.removed
    if not named and not door.open:
        raise Problem(403, "This room is not yours to enter: ask for a membership, or a token that names it.")
    # Nothing of an inbox is read here, so what becomes of that closes no room.
    granted, by_token = ((), (topic,)) if named else ((topic,), ())
    return Entry(replace(person, own=(), since=(), granted=granted, named=by_token), name, door.kind, topic)


async def _ask_of_people(ids: Sequence[str]) -> dict[str, tuple[Standing, Belongings]]:
    return await in_thread(_standing, [int(id) for id in ids])


def _standing(ids: Sequence[int]) -> dict[str, tuple[Standing, Belongings]]:
    mine = belongings.of(ids)
    return {str(id): (standing, mine[id]) for id, standing in standings.of(ids).items()}


async def _ask_of_standings(ids: Sequence[str]) -> dict[str, Standing]:
    found = await in_thread(standings.of, [int(id) for id in ids])
    return {str(id): standing for id, standing in found.items()}


async def _ask_of_programs(keys: Sequence[str]) -> dict[str, bool]:
    works = await in_thread(standings.working, keys)
    return {key: key in works for key in keys}


async def _ask_of_sessions(keys: Sequence[str]) -> dict[str, tuple[Person, Rights]]:
    return await in_thread(_from_sessions, keys)


def _from_sessions(keys: Sequence[str]) -> dict[str, tuple[Person, Rights]]:
    """Who is signed in by each of these sessions."""
    store = SessionStore()
    alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    data = {session.session_key: store.decode(session.session_data) for session in alive}
    ids = {key: int(said[SESSION_KEY]) for key, said in data.items() if SESSION_KEY in said}
    users = (
        User.objects.filter(is_active=True).annotate(ended_at=F("ending__sessions_at")).in_bulk(ids.values())
    )
    mine = judge.rights(users)
    return {
        key: (
            Person(
                str(id),
                users[id].get_username(),
                mine[id].own,
                mine[id].since,
                session=key,
                stamp=users[id].get_session_auth_hash(),
                issued_at=sessions.signed_in_at(data[key]),
            ),
            mine[id],
        )
        for key, id in ids.items()
        if id in users and sessions.holds(users[id], data[key], users[id].ended_at)
    }


_people = Remembered(_ask_of_people, doubts)
_standings = Remembered(_ask_of_standings, doubts)
_programs = Remembered(_ask_of_programs, doubts)
_signed_in = Batch(_ask_of_sessions)


def _refuse(denied: list[str]) -> None:
    if denied:
        raise Problem(403, "These topics are not yours to read: ask for a grant.", topics=denied)
