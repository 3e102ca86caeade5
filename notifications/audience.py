"""Whom an address reaches: how many people, and some of them by name. Nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import Count, Q, QuerySet, Subquery, Value

from hub import topics as spelled
from notifications.models import Subscription
from notifications.notify import resolve
from notifications.roles import Role

SAMPLE = 10  # people who are named


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` is their number, each counted once; ``sample`` are the names of the first of them."""

    people: int
    sample: list[str]
    topics: list[str]

    @property
    def role(self) -> Role:
        return role(self.topics, self.people)


def of(addresses: Sequence[str]) -> Audience:
    """Raises `BadNotification` for what cannot be sent to."""
    topics = resolve(addresses)
    reached = people(topics)
    all_of_them = reached.annotate(one=Value(1)).values("one").annotate(people=Count("pk")).values("people")
    named = reached.order_by("username").annotate(people=Subquery(all_of_them))
    found = list(named.values_list("username", "people")[:SAMPLE])
    return Audience(found[0][1] if found else 0, [name for name, _ in found], topics)


def people(topics: Collection[str]) -> QuerySet[User]:
    """Those who are here and whose inbox has one of these topics; no join, so each is there once."""
    here = User.objects.filter(is_active=True)
    if spelled.EVERYONE in topics:
        return here
    wanted = frozenset(topics)
    named = [int(topic.removeprefix("user-")) for topic in wanted if topic.startswith("user-")]
    reached = Q(pk__in=named)
    if crowds := {topic for topic in wanted if topic.startswith("group-")}:
        members = User.groups.through.objects.filter(group__name__in=_names(crowds))
        reached |= Q(pk__in=members.values("user_id"))
    followed = [topic for topic in wanted if not spelled.is_inbox(topic)]
    if followed:
        reached |= Q(pk__in=Subscription.objects.filter(topic__in=followed).values("user_id"))
    return here.filter(reached)


def _names(crowds: Collection[str]) -> list[str]:
    """Of groups, by their topics. One that spells a character does not give the name back."""
    names = [topic.removeprefix("group-") for topic in crowds if "~" not in topic]
    if len(names) < len(crowds):
        groups = Group.objects.values_list("name", flat=True)
        names = [name for name in groups if spelled.group(name) in crowds]
    return names


def role(topics: Collection[str], people: int) -> Role:
    """What whoever sends to so many people on these topics needs to be allowed."""
    wide = spelled.EVERYONE in topics or people > settings.HUB_CONFIRM_ABOVE
    return "broadcast" if wide else "send"
