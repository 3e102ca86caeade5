"""Who may read which topic. The only judge; it denies unless something allows."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub import topics
from hub.batch import Batch
from hub.people import Credentials, Person
from hub.problems import Problem
from hub.threads import in_thread
from notifications import tokens
from notifications.models import Grant, Subscription


async def admit(credentials: Credentials, wanted: Sequence[str]) -> Person:
    """Who this is, if they may read these topics too; raise a `Problem` of 401 or 403."""
    if credentials.bearer:
        # Signed by us: nobody is asked.
        return _from_claims(tokens.read(credentials.bearer), wanted)
    if credentials.ticket:
        return _from_claims(await in_thread(tokens.redeem, credentials.ticket), wanted)
    if credentials.session:
        try:
            person, mine = await _signed_in.get(credentials.session)
        except KeyError:
            raise Problem(401, "This session has ended: sign in again.") from None
        _refuse(mine.denied(wanted))
        granted = tuple(topic for topic in wanted if topic not in mine.own)
        return replace(person, granted=granted) if granted else person
    raise Problem(401, "Sign in, or show a subscriber token: Authorization: Bearer … or ?ticket=…")


def person(username: str) -> User | None:
    """Who is here under this name."""
    # PostgreSQL takes no NUL and nobody a lone surrogate; no name bears one.
    if not username.isprintable():
        return None
    return User.objects.filter(username=username, is_active=True).first()


@dataclass(frozen=True, slots=True)
class Rights:
    """``own`` are the topics of a person's inbox; grants open live topics besides."""

    own: tuple[str, ...]
    grants: tuple[Grant, ...]

    def denied(self, wanted: Iterable[str]) -> list[str]:
        """Those of these topics that this person may not read."""
        return [topic for topic in wanted if topic not in self.own and not self._granted(topic)]

    def _granted(self, topic: str) -> bool:
        if topics.is_inbox(topic) or topic.startswith("hub."):
            return False
        return any(grant.covers(topic) for grant in self.grants)


def rights(people: Collection[int]) -> dict[int, Rights]:
    """What each of these people (by id) may read, in three queries."""
    grants = list(Grant.objects.all())
    return {
        id: Rights(own, tuple(g for g in grants if g.group_id is None or g.group_id in groups))
        for id, (own, groups) in _belongings(people).items()
    }


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    return _belongings([user.pk])[user.pk][0]


def _belongings(people: Collection[int]) -> dict[int, tuple[tuple[str, ...], set[int]]]:
    """Of each person, the topics of their inbox and the ids of their groups."""
    groups: dict[int, dict[int, str]] = {id: {} for id in people}
    members = User.groups.through.objects.filter(user__in=people).order_by("group__name")
    for user, group, name in members.values_list("user_id", "group_id", "group__name"):
        groups[user][group] = name
    followed: dict[int, list[str]] = {id: [] for id in people}
    subscriptions = Subscription.objects.filter(user__in=people).order_by("topic")
    for user, topic in subscriptions.values_list("user_id", "topic"):
        followed[user].append(topic)
    return {
        id: (
            (topics.EVERYONE, topics.user(id), *map(topics.group, groups[id].values()), *followed[id]),
            set(groups[id]),
        )
        for id in people
    }


def _from_claims(claims: tokens.Claims, wanted: Sequence[str]) -> Person:
    if claims.expires_at <= time.time():
        raise Problem(401, "This token has expired: ask for another.")
    _refuse([topic for topic in wanted if topic not in claims.own and topic not in claims.topics])
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


_signed_in: Batch[str, tuple[Person, Rights]] = Batch(_ask)


def _refuse(denied: list[str]) -> None:
    if denied:
        raise Problem(403, "These topics are not yours to read: ask for a grant.", topics=denied)
