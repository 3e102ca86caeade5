"""Whose rights ended: asked anew by every instance when something may have ended them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from hub import revocation, topics
from hub.log import LogAway
from hub.log.shared import shared_log
from hub.people import Person
from hub.threads import in_thread
from notifications import access, membership
from notifications.models import Grant, Room, Subscription


async def revoked(people: Sequence[Person]) -> dict[Person, bool]:
    """Which of these people must go, and whether to come back for what rights are left."""
    return await in_thread(_revoked, people)


def connect_signals() -> None:
    """Have every instance ask again about a person whose rights may have changed."""
    user_logged_out.connect(_logged_out, dispatch_uid="hub.logged_out")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="hub.groups")
    post_save.connect(_user_saved, sender=User, dispatch_uid="hub.user_saved")
    post_delete.connect(_user_saved, sender=User, dispatch_uid="hub.user_deleted")
    post_save.connect(_subscription_changed, sender=Subscription, dispatch_uid="hub.subscribed")
    post_delete.connect(_subscription_changed, sender=Subscription, dispatch_uid="hub.unsubscribed")
    post_save.connect(_right_changed, sender=Grant, dispatch_uid="hub.granted")
    post_delete.connect(_right_changed, sender=Grant, dispatch_uid="hub.ungranted")
    post_save.connect(_right_changed, sender=Room, dispatch_uid="hub.room_saved")
    post_delete.connect(_right_changed, sender=Room, dispatch_uid="hub.room_deleted")
    m2m_changed.connect(_members_changed, sender=Room.people.through, dispatch_uid="hub.members")
    m2m_changed.connect(_removed_changed, sender=Room.removed.through, dispatch_uid="hub.removed")
    permissions = (
        (_permissions_changed, User.user_permissions.through, "hub.permissions"),
        (_group_permissions_changed, Group.permissions.through, "hub.group_permissions"),
    )
    for receiver, sender, uid in permissions:
        m2m_changed.connect(receiver, sender=sender, dispatch_uid=uid)
    # Grants and rooms may have been for it.
    post_delete.connect(_right_changed, sender=Group, dispatch_uid="hub.group_deleted")


def _revoked(people: Sequence[Person]) -> dict[Person, bool]:
    ids = {int(person.id) for person in people}
    users = User.objects.filter(is_active=True).in_bulk(ids)
    keys = {person.session for person in people if person.session}
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(sessions.values_list("session_key", flat=True))
    rooms = {topics.room_name(t) for p in people for t in (*p.granted, *p.named) if topics.is_room(t)}
    open = (
        {room.pk: room.name for room in Room.objects.filter(name__in=rooms, closed_at=None)} if rooms else {}
    )
    shut = {(person, open[room]) for person, room in membership.removed(ids, open)}
    rights = access.rights(ids, open.values())
    gone: dict[Person, bool] = {}
    for person in people:
        user = users.get(int(person.id))
        mine = rights[int(person.id)]
        named = {topics.room_name(topic) for topic in person.named}
        signed_out = person.session and person.session not in alive
        if user is None or signed_out or (person.stamp and person.stamp != user.get_session_auth_hash()):
            gone[person] = False
        elif (
            (person.own and set(mine.own) != set(person.own))
            or mine.denied(person.granted)
            or named.difference(open.values())
            or any((int(person.id), room) in shut for room in named)
        ):
            gone[person] = True
    return gone


def _ask_again(person: object) -> None:
    def say() -> None:
        try:
            shared_log().append([revocation.recheck(person)])
        except LogAway:
            # Each instance's own round asks within half a minute.
            revocation.logger.info("the log is away: person %s is asked about at the next round", person)

    transaction.on_commit(say, robust=True)


def _logged_out(sender: Any, user: Any, **kwargs: Any) -> None:
    # The session's row goes right after this signal; instances wait a moment before they ask.
    if user is not None:
        _ask_again(user.pk)


def _user_saved(sender: Any, instance: User, created: bool = False, **kwargs: Any) -> None:
    if not created and kwargs.get("update_fields") != frozenset({"last_login"}):
        _ask_again(instance.pk)


def _groups_changed(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    if action.startswith("post_"):
        _ask_about(instance, pk_set)


def _ask_about(instance: Any, pk_set: set[Any] | None) -> None:
    """Ask about those whom a change between people and something else is about."""
    if isinstance(instance, User):
        _ask_again(instance.pk)
    else:
        # Cleared from the other side, nobody is named.
        for person in pk_set if pk_set is not None else [revocation.EVERYBODY]:
            _ask_again(person)


def _subscription_changed(sender: Any, instance: Subscription, **kwargs: Any) -> None:
    _ask_again(instance.user_id)


def _right_changed(sender: Any, created: bool = False, **kwargs: Any) -> None:
    # A new one opens doors; it closes none.
    if not created:
        _ask_again(revocation.EVERYBODY)


def _members_changed(sender: Any, action: str, **kwargs: Any) -> None:
    if action in ("post_remove", "post_clear"):
        _ask_again(revocation.EVERYBODY)


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
        _ask_again(revocation.EVERYBODY)
