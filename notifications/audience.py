"""Whom an address reaches: how many people, and some of them by name. Nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet

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
    sample = reached.order_by("username").values_list("username", flat=True)[:SAMPLE]
    return Audience(reached.count(), list(sample), topics)


def people(topics: Collection[str]) -> QuerySet[User]:
    """Those who are here and whose inbox has one of these topics; no join, so each is there once."""
    here = User.objects.filter(is_active=True)
    if spelled.EVERYONE in topics:
        return here
    wanted = frozenset(topics)
    named = [int(topic.removeprefix("user-")) for topic in wanted if topic.startswith("user-")]
    reached = Q(pk__in=named)
    if any(topic.startswith("group-") for topic in wanted):
        # A topic does not give its group's name back.
        groups = Group.objects.values_list("pk", "name")
        meant = [id for id, name in groups if spelled.group(name) in wanted]
        reached |= Q(pk__in=User.groups.through.objects.filter(group__in=meant).values("user_id"))
    followed = [topic for topic in wanted if not spelled.is_inbox(topic)]
    if followed:
        reached |= Q(pk__in=Subscription.objects.filter(topic__in=followed).values("user_id"))
    return here.filter(reached)


def role(topics: Collection[str], people: int) -> Role:
    """What whoever sends to so many people on these topics needs to be allowed."""
    wide = spelled.EVERYONE in topics or people > settings.HUB_CONFIRM_ABOVE
    return "broadcast" if wide else "send"
