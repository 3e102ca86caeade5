"""Who may read which topic, and enter which room. The only judge; it denies unless something allows.

What somebody shows for themselves is judged in `notifications.admission`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, Value
from django.utils import timezone

from hub import topics
from hub.problems import Problem
from notifications import membership, names, roles
from notifications.models import AuditEntry, Grant, Room, Subscription

TAIL_VALID = timedelta(days=1)  # that a tail which was begun may be looked at
TAILS = 100  # the last that were begun count


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

    ``rooms`` are those of the rooms asked about that the person may enter, by id; ``roles`` what they
    are as staff: who manages the hub may look at any topic, once the audit log says that they do.
    """

    own: tuple[str, ...]
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
            own,
            tuple(g for g in grants if g.group_id is None or g.group_id in groups),
            frozenset(open.get(id, ())),
            staff.get(id, frozenset()),
        )
        for id, (own, groups) in _belongings(people).items()
    }


def own_topics(user: User) -> tuple[str, ...]:
    """The topics of a person's inbox."""
    return inboxes([user.pk])[user.pk]


def inboxes(people: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The topics of the inbox of each of these people (by id)."""
    return {id: own for id, (own, _) in _belongings(people).items()}


def own_shown(user: User) -> dict[str, str]:
    """The same, each as people are shown it."""
    own, groups = _belongings([user.pk])[user.pk]
    named = {topics.group(id): names.ADDRESS + name for id, name in groups.items()}
    return {topic: named.get(topic, topic) for topic in own}


def _belongings(people: Collection[int]) -> dict[int, tuple[tuple[str, ...], dict[int, str]]]:
    """Of each person, the topics of their inbox and their groups, by id and name."""
    groups: dict[int, dict[int, str]] = {id: {} for id in people}
    followed: dict[int, list[str]] = {id: [] for id in people}
    members = User.groups.through.objects.filter(user__in=people)
    subscriptions = Subscription.objects.filter(user__in=people)
    # Both in one question, for every session asks it.
    rows: Iterable[tuple[int, int | None, str]] = members.values_list(
        "user_id", "group_id", "group__name"
    ).union(subscriptions.values_list("user_id", Value(None, BigIntegerField()), "topic"), all=True)
    for user, group, name in rows:
        if group is None:
            followed[user].append(name)
        else:
            groups[user][group] = name
    return {
        id: (
            (topics.EVERYONE, topics.user(id), *map(topics.group, sorted(groups[id])), *sorted(followed[id])),
            groups[id],
        )
        for id in people
    }


def announced(staff: int, looked_at: Sequence[str]) -> None:
    """What opens to who manages the hub opens when the audit log says that they look; raise a `Problem`."""
    since = timezone.now() - TAIL_VALID
    begun = AuditEntry.objects.filter(act__in=("tail", "look"), actor_id=staff, at__gt=since)
    entries = list(begun.values_list("detail", flat=True)[:TAILS])
    people = {int(detail["person"]) for detail in entries if "person" in detail}
    open = {detail["topic"] for detail in entries if "topic" in detail}
    open.update(topic for own, _ in _belongings(people).values() for topic in own)
    if hidden := [topic for topic in looked_at if topic not in open]:
        raise Problem(403, "Begin a live tail of these topics first: /dashboard/tail/.", topics=hidden)
