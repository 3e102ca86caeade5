"""Authorisation: who may read which topic. Everything is denied unless a rule allows it.

Credentials are checked in `notifications.access.admission`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from hub import topics
from hub.errors import Problem
from hub.policies.current import table
from notifications import user_model
from notifications.access import belongings, membership, names, roles
from notifications.access.belongings import Admissible, Belongings
from notifications.access.lookups import run_readers
from notifications.access.lookups.followed_topics import opens
from notifications.models import AuditEntry, Grant, Room, user_numbers
from notifications.user_model import Key, User

TAIL_VALID = timedelta(days=1)  # after it was begun
MAX_TAILS = 100  # per person; older ones do not count


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may read.

    ``own`` are the topics of their inbox, ``since`` the log position from which each is theirs; grants open
    live topics, and so do policies to the ``audiences`` that they are in. ``rooms`` are the ids of those of
    the requested rooms that they may enter, ``runs`` the topics of those of the requested runs that they may
    read. ``roles`` are their staff roles: "manage" opens any topic, once the audit log records it (see
    `announced`).
    """

    own: tuple[str, ...]
    since: tuple[int, ...]
    grants: tuple[Grant, ...]
    rooms: frozenset[int] = frozenset()
    roles: frozenset[roles.Role] = frozenset()
    audiences: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()

    def denied(self, requested: Iterable[str]) -> list[str]:
        """Those of these topics that this person may not read."""
        return [topic for topic in requested if topic not in self.own and not self._granted(topic)]

    def _granted(self, topic: str) -> bool:
        if topics.is_room(topic):
            return topics.room_id(topic) in self.rooms
        if topics.is_staff(topic):
            # Messages are for the people of the room, and for managers whose look is audited.
            needed: roles.Role = "manage" if topics.staff_name(topic).startswith("lines-") else "view"
            return needed in self.roles
        if topic.startswith("hub."):
            return topic in self.runs
        if "manage" in self.roles:
            return True
        if topics.is_inbox(topic):
            return False
        return self.opens(topic)

    def opens(self, topic: str) -> bool:
        """Whether a grant or a policy lets this person read a live topic, whatever their role."""
        return any(grant.covers(topic) for grant in self.grants) or opens(topic, self.audiences)


class Account(NamedTuple):
    """An active user, up to when their sessions have ended, and what they may read."""

    user: User
    ended_at: datetime | None
    rights: Rights


def accounts(
    people: Collection[Key], rooms: Collection[int] = (), runs: Collection[str] = ()
) -> dict[Key, Account]:
    """By key, those of these people who are active, with their rights to these rooms, and these topics of
    runs, among others; in one query if none of them is staff and neither is asked for."""
    return judged(belongings.admissible(people), rooms, runs) if people else {}


def judged(found: Admissible, rooms: Collection[int] = (), runs: Collection[str] = ()) -> dict[Key, Account]:
    """The `accounts` of what was found of people."""
    staff = roles.of([key for key, one in found.accounts.items() if user_model.is_staff(one.user)])
    open = membership.opened(found.belongings, Room.objects.filter(pk__in=rooms)) if rooms else {}
    found_readers = run_readers.readers(runs)
    active = {}
    for key, (user, ended_at) in found.accounts.items():
        inbox = found.belongings[key]
        grants = tuple(g for g in found.grants if g.group_id is None or g.group_id in inbox.groups)
        rights = Rights(
            inbox.own,
            inbox.since,
            grants,
            frozenset(open.get(key, ())),
            staff.get(key, frozenset[roles.Role]()),
            audiences(user.get_username(), inbox) if table else frozenset(),
            frozenset(run for run, readers in found_readers.items() if readers.include(key, inbox.own)),
        )
        active[key] = Account(user, ended_at, rights)
    return active


def audiences(name: str, inbox: Belongings) -> frozenset[str]:
    """The audiences of policies that a person of this name is in: rows have them by topic, the setting by
    name."""
    groups = (names.ADDRESS + group for group in inbox.groups.values())
    return frozenset((*inbox.own, f"user:{name}", *groups))


def audiences_of(user: User) -> frozenset[str]:
    """The same of a user; in one query."""
    return audiences(user.get_username(), belongings.of([user.pk])[user.pk])


def reads(user: User, topic: str) -> bool:
    """Whether a user may read a live topic by session."""
    account = accounts([user.pk]).get(user.pk)
    return account is not None and not account.rights.denied([topic])


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    return belongings.of([user.pk])[user.pk].own


def own_labels(user: User) -> dict[str, str]:
    """The display name of each topic of a person's inbox."""
    inbox = belongings.of([user.pk])[user.pk]
    named = {topics.group(id): names.ADDRESS + name for id, name in inbox.groups.items()}
    return {topic: named.get(topic, topic) for topic in inbox.own}


def nameable(user: User, requested: Sequence[str]) -> list[str]:
    """Check and resolve the topics for a token of this user; rooms stay names, see `with_rooms`.

    Raises a `Problem` of 422 for another user's inbox topics and for the hub's internal ones.
    """
    own = own_topics(user)
    named = names.groups_meant(requested)
    for topic in named:
        if topic not in own and (topics.is_inbox(topic) or topics.is_hubs(topic)):
            raise Problem(422, f"This user may not read {topic!r}: leave it out.", field="topics")
    return named


def with_rooms(named: Sequence[str]) -> list[str]:
    """Replace names of rooms by topics, which are by id: a later room of the same name is not included.

    Raises a `Problem` of 422 for a room that does not exist.
    """
    found = names.rooms_meant(named)
    for topic in named:
        if topics.is_room(topic) and topic not in found:
            raise Problem(
                422, f"There is no room for {topic!r}: create it first, or leave it out.", field="topics"
            )
    return [found.get(topic, topic) for topic in named]


def announced(staff: Key, looked_at: Sequence[str]) -> None:
    """Raise a `Problem` of 403 for topics that a manager opens without an audited live tail or look."""
    since = timezone.now() - TAIL_VALID
    begun = AuditEntry.objects.filter(act__in=("tail", "look"), actor_id=user_numbers.of(staff), at__gt=since)
    entries = list(begun.values_list("detail", flat=True)[:MAX_TAILS])
    people = user_model.keys_of(str(detail["person"]) for detail in entries if "person" in detail).values()
    open = {detail["topic"] for detail in entries if "topic" in detail}
    open.update(topic for inbox in belongings.of(set(people)).values() for topic in inbox.own)
    if hidden := [topic for topic in looked_at if topic not in open]:
        raise Problem(403, "Start a live tail of these topics first: /dashboard/tail/.", topics=hidden)
