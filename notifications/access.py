"""Who may read which topic. The only judge; it denies unless something allows."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.http import HttpRequest
from django.utils import timezone

from hub import revocation, topics
from hub.log import LogAway
from hub.log.shared import shared_log
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


async def revoked(people: Sequence[Person]) -> dict[Person, bool]:
    """Which of these people must go, and whether to come back for what rights are left."""
    return await in_thread(_revoked, people)


def person(username: str) -> User | None:
    """Who is here under this name."""
    # PostgreSQL takes no NUL and nobody a lone surrogate; no name bears one.
    if not username.isprintable():
        return None
    return User.objects.filter(username=username, is_active=True).first()


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    groups = user.groups.order_by("name").values_list("name", flat=True)
    followed = Subscription.objects.filter(user=user).order_by("topic").values_list("topic", flat=True)
    return (topics.EVERYONE, topics.user(user.pk), *map(topics.group, groups), *followed)


def may_read(user: User, topic: str, own: Collection[str]) -> bool:
    if topic in own:
        return True
    if topics.is_inbox(topic) or topic.startswith("hub."):
        return False
    grants = Grant.objects.filter(group=None) | Grant.objects.filter(group__in=user.groups.all())
    return any(grant.covers(topic) for grant in grants)


def connect_signals() -> None:
    """Have every instance ask again about a person whose rights may have changed."""
    user_logged_out.connect(_logged_out, dispatch_uid="hub.logged_out")
    post_save.connect(_user_saved, sender=User, dispatch_uid="hub.user_saved")
    post_delete.connect(_user_saved, sender=User, dispatch_uid="hub.user_deleted")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="hub.groups")
    for event in (post_save, post_delete):
        event.connect(
            _subscription_changed, sender=Subscription, dispatch_uid=f"hub.subscription.{id(event)}"
        )


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
    own = own_topics(user)
    _refuse([topic for topic in wanted if not may_read(user, topic, own)])
    stamp = user.get_session_auth_hash()
    return Person(str(user.pk), user.get_username(), own, session=key, stamp=stamp)


def _refuse(denied: list[str]) -> None:
    if denied:
        raise Problem(403, "These topics are not yours to read: ask for a grant.", topics=denied)


def _revoked(people: Sequence[Person]) -> dict[Person, bool]:
    gone: dict[Person, bool] = {}
    users = (
        User.objects.filter(is_active=True).prefetch_related("groups").in_bulk({int(p.id) for p in people})
    )
    keys = {person.session for person in people if person.session}
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(sessions.values_list("session_key", flat=True))
    followed: dict[int, set[str]] = {}
    for user_id, topic in Subscription.objects.filter(user__in=users).values_list("user_id", "topic"):
        followed.setdefault(user_id, set()).add(topic)
    for person in people:
        user = users.get(int(person.id))
        if (
            user is None
            or (person.session and person.session not in alive)
            or person.stamp
            and person.stamp != user.get_session_auth_hash()
        ):
            gone[person] = False
        else:
            own = {topics.EVERYONE, topics.user(user.pk), *followed.get(user.pk, ())}
            own.update(topics.group(group.name) for group in user.groups.all())
            if own != set(person.own):
                gone[person] = True
    return gone


def _ask_again(user_id: Any) -> None:
    def say() -> None:
        try:
            shared_log().append([revocation.recheck(user_id)])
        except LogAway:
            # Each instance's own round asks within half a minute.
            revocation.logger.warning("the log is away: user %s is asked about at the next round", user_id)

    transaction.on_commit(say, robust=True)


def _logged_out(sender: Any, user: Any, **kwargs: Any) -> None:
    # The session's row goes after this signal: ask once the request is over.
    if user is not None:
        _ask_again(user.pk)


def _user_saved(sender: Any, instance: User, created: bool = False, **kwargs: Any) -> None:
    if not created and kwargs.get("update_fields") != frozenset({"last_login"}):
        _ask_again(instance.pk)


def _groups_changed(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    if not action.startswith("post_"):
        return
    people = pk_set or set() if isinstance(instance, Group) else {instance.pk}
    for user_id in people:
        _ask_again(user_id)


def _subscription_changed(sender: Any, instance: Subscription, **kwargs: Any) -> None:
    _ask_again(instance.user_id)
