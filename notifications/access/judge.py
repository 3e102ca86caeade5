"""Who may read which topic, and enter which room. The only judge; it denies unless something allows.

What somebody shows for themselves is judged in `notifications.access.admission`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from hub import topics
from hub.errors import Problem
from notifications.access import belongings, membership, names, roles
from notifications.models import AuditEntry, Grant, Room

TAIL_VALID = timedelta(days=1)  # that a tail which was begun may be looked at
TAILS = 100  # the last that were begun count


@dataclass(frozen=True, slots=True)
class Rights:
    """``own`` are the topics of a person's inbox, ``since`` the position of each at which it became theirs;
    grants open live topics besides.

    ``rooms`` are those of the rooms asked about that the person may enter, by id; ``roles`` what they
    are as staff: who manages the hub may look at any topic, once the audit log says that they do.
    """

    own: tuple[str, ...]
    since: tuple[int, ...]
    grants: tuple[Grant, ...]
    rooms: frozenset[int] = frozenset()
    roles: frozenset[roles.Role] = frozenset()

    def denied(self, wanted: Iterable[str]) -> list[str]:
        """Those of these topics that this person may not read."""
        return [topic for topic in wanted if topic not in self.own and not self._granted(topic)]

    def _granted(self, topic: str) -> bool:
        if topics.is_room(topic):
            return topics.room_id(topic) in self.rooms
        if topics.is_staff(topic):
            # What is said in rooms is for those who are in them, and for whoever says that they look.
            needed: roles.Role = "manage" if topics.staff_name(topic).startswith("lines-") else "view"
            return needed in self.roles
        if topic.startswith("hub."):
            return False
        if "manage" in self.roles:
            return True
        if topics.is_inbox(topic):
            return False
        return any(grant.covers(topic) for grant in self.grants)


def rights(people: Collection[int], rooms: Collection[int] = ()) -> dict[int, Rights]:
    """What each of these people may read, and which of these rooms enter, all by id, in a few queries."""
    grants = list(Grant.objects.all())
    staff = roles.of(people)
    open = membership.opened(people, Room.objects.filter(pk__in=rooms)) if rooms else {}
    return {
        id: Rights(
            mine.own,
            mine.since,
            tuple(g for g in grants if g.group_id is None or g.group_id in mine.groups),
            frozenset(open.get(id, ())),
            staff.get(id, frozenset()),
        )
        for id, mine in belongings.of(people).items()
    }


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    return belongings.of([user.pk])[user.pk].own


def own_shown(user: User) -> dict[str, str]:
    """The same, each as people are shown it."""
    mine = belongings.of([user.pk])[user.pk]
    named = {topics.group(id): names.ADDRESS + name for id, name in mine.groups.items()}
    return {topic: named.get(topic, topic) for topic in mine.own}


def nameable(user: User, wanted: Sequence[str]) -> list[str]:
    """The topics that a token of this person's may name, of those that somebody writes.

    Raises a `Problem` of 422 for somebody else's inbox and for the hub's own. Rooms still go by name: see
    `with_rooms`.
    """
    own = own_topics(user)
    named = names.groups_meant(wanted)
    for topic in named:
        if topic not in own and (topics.is_inbox(topic) or topics.is_hubs(topic)):
            raise Problem(422, f"{topic!r} is not theirs to read: leave it out.", field="topics")
    return named


def with_rooms(named: Sequence[str]) -> list[str]:
    """With the rooms that are there now, and no others that may come to bear their names.

    Raises a `Problem` of 422 for a room that is not there.
    """
    found = names.rooms_meant(named)
    for topic in named:
        if topics.is_room(topic) and topic not in found:
            raise Problem(
                422, f"There is no room for {topic!r}: make it first, or leave it out.", field="topics"
            )
    return [found.get(topic, topic) for topic in named]


def announced(staff: int, looked_at: Sequence[str]) -> None:
    """What opens to who manages the hub opens when the audit log says that they look; raise a `Problem`."""
    since = timezone.now() - TAIL_VALID
    begun = AuditEntry.objects.filter(act__in=("tail", "look"), actor_id=staff, at__gt=since)
    entries = list(begun.values_list("detail", flat=True)[:TAILS])
    people = {int(detail["person"]) for detail in entries if "person" in detail}
    open = {detail["topic"] for detail in entries if "topic" in detail}
    open.update(topic for theirs in belongings.of(people).values() for topic in theirs.own)
    if hidden := [topic for topic in looked_at if topic not in open]:
        raise Problem(403, "Begin a live tail of these topics first: /dashboard/tail/.", topics=hidden)
