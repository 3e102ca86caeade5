"""Who may read which topic. The only judge; it denies unless something allows."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from hub import topics
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
        return await in_thread(_from_session, credentials.session, wanted)
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


def _from_session(key: str, wanted: Sequence[str]) -> Person:
    request = HttpRequest()
    request.session = SessionStore(session_key=key)
    user = get_user(request)
    if not isinstance(user, User):
        raise Problem(401, "This session has ended: sign in again.")
    mine = rights([user.pk])[user.pk]
    _refuse(mine.denied(wanted))
    return Person(
        str(user.pk),
        user.get_username(),
        mine.own,
        session=key,
        stamp=user.get_session_auth_hash(),
        granted=tuple(topic for topic in wanted if topic not in mine.own),
    )


def _refuse(denied: list[str]) -> None:
    if denied:
        raise Problem(403, "These topics are not yours to read: ask for a grant.", topics=denied)
