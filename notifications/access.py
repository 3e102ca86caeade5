"""Who may read which topic, and enter which room. The only judge; it denies unless something allows."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import BigIntegerField, Value
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub import topics
from hub.batch import Batch
from hub.people import Credentials, Entry, Person
from hub.problems import Problem
from hub.threads import in_thread
from notifications import membership, roles, tokens
from notifications.models import ROOM_NAME, AuditEntry, Grant, Room, Subscription

TAIL_VALID = timedelta(days=1)  # that a tail which was begun may be looked at
TAILS = 100  # the last that were begun count


async def admit(credentials: Credentials, wanted: Sequence[str]) -> Person:
    """Who this is, if they may read these topics too; raise a `Problem` of 401 or 403."""
    claims = await _shown(credentials)
    if claims is not None:
        person = _from_claims(claims)
        _refuse(
            [topic for topic in wanted if topics.is_room(topic) or topic not in claims.own + claims.topics]
        )
        return person
    person, mine = await _from_session(credentials)
    _refuse(mine.denied(wanted))
    if looked_at := replace(mine, roles=mine.roles - {"manage"}).denied(wanted):
        await in_thread(_announced, int(person.id), looked_at)
    granted = tuple(topic for topic in wanted if topic not in mine.own)
    return replace(person, granted=granted) if granted else person


async def enter(credentials: Credentials, name: str) -> Entry:
    """Who this is, if they may enter the room; raise a `Problem` of 401, 403 or 404.

    A token opens the rooms that it names and, as a session does, those that its person may enter.
    """
    claims = await _shown(credentials)
    person = _from_claims(claims) if claims is not None else (await _from_session(credentials))[0]
    missing = Problem(404, "There is no such room: GET /api/v1/rooms lists those you may enter.")
    if not re.fullmatch(ROOM_NAME, name):
        raise missing
    try:
        door = await membership.doors.get((name, int(person.id)))
    except KeyError:
        raise missing from None
    if door.closed:
        raise Problem(403, "This room is closed: nobody may enter it until it is opened again.")
    topic = topics.room(name)
    named = claims is not None and topic in claims.topics and not door.removed
    if not named and not door.open:
        raise Problem(403, "This room is not yours to enter: ask for a membership, or a token that names it.")
    # Nothing of an inbox is read here, so what becomes of that closes no room.
    granted, by_token = ((), (topic,)) if named else ((topic,), ())
    return Entry(replace(person, own=(), granted=granted, named=by_token), name, door.kind)


def person(username: str) -> User | None:
    """Who is here under this name."""
    # PostgreSQL takes no NUL and nobody a lone surrogate; no name bears one.
    if not username.isprintable():
        return None
    here = User.objects.select_related("notification_preference")
    return here.filter(username=username, is_active=True).first()


@dataclass(frozen=True, slots=True)
class Rights:
    """``own`` are the topics of a person's inbox; grants open live topics besides.

    ``rooms`` are those of the rooms asked about that the person may enter, by name; ``roles`` what they
    are as staff: who manages the hub may look at any topic, once the audit log says that they do.
    """

    own: tuple[str, ...]
    grants: tuple[Grant, ...]
    rooms: frozenset[str] = frozenset()
    roles: frozenset[roles.Role] = frozenset()

    def denied(self, wanted: Iterable[str]) -> list[str]:
        """Those of these topics that this person may not read."""
        return [topic for topic in wanted if topic not in self.own and not self._granted(topic)]

    def _granted(self, topic: str) -> bool:
        if topics.is_room(topic):
            return topics.room_name(topic) in self.rooms
        if topics.is_staff(topic):
            return "view" in self.roles
        if topic.startswith("hub."):
            return False
        if "manage" in self.roles:
            return True
        if topics.is_inbox(topic):
            return False
        return any(grant.covers(topic) for grant in self.grants)


def rights(people: Collection[int], rooms: Collection[str] = ()) -> dict[int, Rights]:
    """What each of these people (by id) may read, and which of these rooms enter, in a few queries."""
    grants = list(Grant.objects.all())
    staff = roles.of(people)
    open = membership.opened(people, Room.objects.filter(name__in=rooms)) if rooms else {}
    return {
        id: Rights(
            own,
            tuple(g for g in grants if g.group_id is None or g.group_id in groups),
            frozenset(open.get(id, ())),
            staff.get(id, frozenset()),
        )
        for id, (own, groups) in _belongings(people).items()
    }


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    return _belongings([user.pk])[user.pk][0]


def _belongings(people: Collection[int]) -> dict[int, tuple[tuple[str, ...], set[int]]]:
    """Of each person, the topics of their inbox and the ids of their groups."""
    groups: dict[int, dict[int, str]] = {id: {} for id in people}
    followed: dict[int, list[str]] = {id: [] for id in people}
    members = User.groups.through.objects.filter(user__in=people)
    subscriptions = Subscription.objects.filter(user__in=people)
    # Both in one question, for every session asks it.
    rows: Iterable[tuple[int, int | None, str]] = members.values_list(
        "user_id", "group_id", "group__name"
    ).union(subscriptions.values_list("user_id", Value(None, BigIntegerField()), "topic"), all=True)
    for user, group, name in sorted(rows, key=itemgetter(2)):
        if group is None:
            followed[user].append(name)
        else:
            groups[user][group] = name
    return {
        id: (
            (topics.EVERYONE, topics.user(id), *map(topics.group, groups[id].values()), *followed[id]),
            set(groups[id]),
        )
        for id in people
    }


def _announced(staff: int, looked_at: Sequence[str]) -> None:
    """What opens to who manages the hub opens when the audit log says that they look; raise a `Problem`."""
    begun = AuditEntry.objects.filter(act="tail", actor_id=staff, at__gt=timezone.now() - TAIL_VALID)
    entries = list(begun.values_list("detail", flat=True)[:TAILS])
    people = {int(detail["person"]) for detail in entries if "person" in detail}
    open = {detail["topic"] for detail in entries if "topic" in detail}
    open.update(topic for own, _ in _belongings(people).values() for topic in own)
    if hidden := [topic for topic in looked_at if topic not in open]:
        raise Problem(403, "Begin a live tail of these topics first: /dashboard/tail/.", topics=hidden)


async def _shown(credentials: Credentials) -> tokens.Claims | None:
    """What their token or ticket says; None without one."""
    if credentials.bearer:
        # Signed by us: nobody is asked.
        return tokens.read(credentials.bearer)
    if credentials.ticket:
        return await in_thread(tokens.redeem, credentials.ticket)
    return None


async def _from_session(credentials: Credentials) -> tuple[Person, Rights]:
    if not credentials.session:
        raise Problem(401, "Sign in, or show a subscriber token: Authorization: Bearer … or ?ticket=…")
    try:
        return await _signed_in.get(credentials.session)
    except KeyError:
        raise Problem(401, "This session has ended: sign in again.") from None


def _from_claims(claims: tokens.Claims) -> Person:
    if claims.expires_at <= time.time():
        raise Problem(401, "This token has expired: ask for another.")
    return Person(claims.user, claims.name, claims.own, expires_at=float(claims.expires_at))


async def _ask(keys: Sequence[str]) -> dict[str, tuple[Person, Rights]]:
    return await in_thread(_from_sessions, keys)


def _from_sessions(keys: Sequence[str]) -> dict[str, tuple[Person, Rights]]:
    """Who is signed in by each of these sessions, as `django.contrib.auth.get_user` decides it."""
    store = SessionStore()
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    data = {session.session_key: store.decode(session.session_data) for session in sessions}
    ids = {key: said[SESSION_KEY] for key, said in data.items() if SESSION_KEY in said}
    users = User.objects.filter(is_active=True).in_bulk([int(id) for id in ids.values()])
    mine = rights(users)
    found = {}
    for key, id in ids.items():
        user = users.get(int(id))
        if user is not None:
            stamp = user.get_session_auth_hash()
            if constant_time_compare(data[key].get(HASH_SESSION_KEY, ""), stamp):
                own = mine[user.pk].own
                found[key] = (
                    Person(str(user.pk), user.get_username(), own, session=key, stamp=stamp),
                    mine[user.pk],
                )
    return found


# Not cached: an answer older than its question would let somebody in after their right was asked about.
_signed_in: Batch[str, tuple[Person, Rights]] = Batch(_ask)


def _refuse(denied: list[str]) -> None:
    if denied:
        raise Problem(403, "These topics are not yours to read: ask for a grant.", topics=denied)
