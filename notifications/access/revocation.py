"""Which open connections have lost their rights, and the signals that make every instance check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from hub import topics
from hub.ports import Person
from hub.support.invalidations import EVERYONE
from hub.support.threads import in_thread
from notifications import user_model
from notifications.access import endings, judge, membership, sessions, token_status
from notifications.access.lookups import session_data
from notifications.models import ApiKey, Grant, Room, Subscription, TopicPolicy
from notifications.user_model import User


async def revoked(people: Sequence[Person]) -> dict[Person, bool]:
    """Those of these people whose connections must close: True if they may reconnect with fewer rights."""
    return await in_thread(_revoked, people)


def connect_signals() -> None:
    """Have every instance check a person again when their rights may have changed."""
    user_logged_in.connect(sessions.signed_in, dispatch_uid="hub.signed_in")
    user_logged_out.connect(sessions.signed_out, dispatch_uid="hub.signed_out")
    if (session := session_data.model()) is not None:
        post_delete.connect(_session_gone, sender=session, dispatch_uid="hub.session_gone")
    if (memberships := user_model.memberships()) is not None:
        m2m_changed.connect(_groups_changed, sender=memberships.model, dispatch_uid="hub.groups")
    user = get_user_model()
    post_save.connect(_user_saved, sender=user, dispatch_uid="hub.user_saved")
    post_delete.connect(_user_deleted, sender=user, dispatch_uid="hub.user_deleted")
    post_save.connect(_key_changed, sender=ApiKey, dispatch_uid="hub.key_saved")
    post_delete.connect(_key_changed, sender=ApiKey, dispatch_uid="hub.key_deleted")
    post_save.connect(_subscription_changed, sender=Subscription, dispatch_uid="hub.subscribed")
    post_delete.connect(_subscription_changed, sender=Subscription, dispatch_uid="hub.unsubscribed")
    post_save.connect(_right_changed, sender=Grant, dispatch_uid="hub.granted")
    post_delete.connect(_right_changed, sender=Grant, dispatch_uid="hub.ungranted")
    post_save.connect(_policy_changed, sender=TopicPolicy, dispatch_uid="hub.policy_saved")
    post_delete.connect(_policy_changed, sender=TopicPolicy, dispatch_uid="hub.policy_deleted")
    post_save.connect(_right_changed, sender=Room, dispatch_uid="hub.room_saved")
    post_delete.connect(_right_changed, sender=Room, dispatch_uid="hub.room_deleted")
    m2m_changed.connect(_members_changed, sender=Room.people.through, dispatch_uid="hub.members")
    m2m_changed.connect(_removed_changed, sender=Room.removed.through, dispatch_uid="hub.removed")
    if issubclass(user, PermissionsMixin):
        own: Any = user.user_permissions.through
        m2m_changed.connect(_permissions_changed, sender=own, dispatch_uid="hub.permissions")
    m2m_changed.connect(
        _group_permissions_changed, sender=Group.permissions.through, dispatch_uid="hub.group_permissions"
    )
    # Grants and rooms may depend on the group.
    post_save.connect(_right_changed, sender=Group, dispatch_uid="hub.group_saved")
    post_delete.connect(_right_changed, sender=Group, dispatch_uid="hub.group_deleted")


def _revoked(people: Sequence[Person]) -> dict[Person, bool]:
    keys = user_model.keys_of(person.id for person in people)
    ids = set(keys.values())
    by_token = {keys[person.id] for person in people if person.token and person.id in keys}
    statuses = token_status.of(by_token) if by_token else {}
    programs = {person.key for person in people if person.key}
    active = token_status.active(programs) if programs else set()
    alive = sessions.alive({person.session: keys.get(person.id) for person in people if person.session})
    rooms = {id for p in people for t in (*p.granted, *p.named) if (id := topics.room_id(t)) is not None}
    unclosed = Room.objects.filter(pk__in=rooms, closed_at=None)
    open = set(unclosed.values_list("pk", flat=True)) if rooms else set[int]()
    banned = membership.removed(ids, open)
    runs = {topic for person in people for topic in person.granted if topics.run_id(topic) is not None}
    accounts = judge.accounts(ids, open, runs)

    def authenticated(person: Person) -> bool:
        account = accounts.get(keys.get(person.id))
        if account is None:
            return False
        user = account.user
        if person.token:
            status = statuses.get(user.pk)
            return status is not None and token_status.is_valid(person, status, active)
        return (
            person.session in alive
            and person.stamp == user.get_session_auth_hash()
            and not endings.ended(person.issued_at, account.ended_at)
        )

    gone: dict[Person, bool] = {}
    for person in people:
        if not authenticated(person):
            gone[person] = False
            continue
        key = keys[person.id]
        current = accounts[key].rights
        if person.token:
            # A token has its topics by itself or by a policy, not by what sessions may read beyond it.
            current = replace(current, grants=(), roles=frozenset())
        named = {id for topic in person.named if (id := topics.room_id(topic)) is not None}
        if (
            (person.own and set(current.own) != set(person.own))
            or current.denied(person.granted)
            or named.difference(open)
            or any((key, room) in banned for room in named)
        ):
            gone[person] = True
    return gone


def _session_gone(sender: Any, instance: AbstractBaseSession, **kwargs: Any) -> None:
    # Signed out, or deleted by an operator. Expired sessions are found by the next round.
    if instance.expire_date > timezone.now():
        endings.recheck(*filter(None, [instance.get_decoded().get(SESSION_KEY)]))


def _user_saved(sender: Any, instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    if created or raw or kwargs.get("update_fields") == frozenset({"last_login"}):
        return
    if not user_model.is_active(instance):
        # If they are activated again, their old sessions and tokens stay ended.
        endings.end_all(instance.pk)
    endings.recheck(instance.pk)


def _user_deleted(sender: Any, instance: User, **kwargs: Any) -> None:
    endings.recheck(instance.pk)


def _key_changed(sender: Any, instance: ApiKey, created: bool = False, **kwargs: Any) -> None:
    if not created:
        endings.recheck(token_status.program(instance.pk))


def _groups_changed(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    if action.startswith("post_"):
        _ask_about(instance, pk_set)


def _ask_about(instance: Any, pk_set: set[Any] | None) -> None:
    """Check the people on whose side of a many-to-many relation something changed."""
    if isinstance(instance, User):
        endings.recheck(instance.pk)
    else:
        # When the other side is cleared, Django names no one.
        endings.recheck(*(pk_set if pk_set is not None else [EVERYONE]))


def _subscription_changed(sender: Any, instance: Subscription, **kwargs: Any) -> None:
    endings.recheck(instance.user_id)


def _right_changed(sender: Any, created: bool = False, **kwargs: Any) -> None:
    # A new one only adds rights.
    if not created:
        endings.recheck(EVERYONE)


def _policy_changed(sender: Any, **kwargs: Any) -> None:
    # A new one may stand in front of another that opened more.
    endings.recheck(EVERYONE)


def _members_changed(sender: Any, action: str, **kwargs: Any) -> None:
    if action in ("post_remove", "post_clear"):
        endings.recheck(EVERYONE)


def _removed_changed(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    if action == "post_add":
        _ask_about(instance, pk_set)


def _permissions_changed(
    sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any
) -> None:
    if action in ("post_remove", "post_clear"):
        _ask_about(instance, pk_set)


def _group_permissions_changed(sender: Any, action: str, **kwargs: Any) -> None:
    if action in ("post_remove", "post_clear"):
        endings.recheck(EVERYONE)
