"""Whom an address reaches: how many people, and some of them by name. Nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value

from hub import topics as spelled
from notifications.access.roles import Role
from notifications.models import Arrival, Subscription
from notifications.sending.addresses import addressed

SAMPLE = 10  # people who are named


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` is their number, each counted once; ``sample`` are the names of the first of them.

    ``addresses`` are the addresses by the topics they mean.
    """

    people: int
    sample: list[str]
    addresses: dict[str, str]

    @property
    def topics(self) -> list[str]:
        return list(self.addresses)

    @property
    def role(self) -> Role:
        return role(self.topics, self.people)


def of(addresses: Sequence[str]) -> Audience:
    """Raises `BadNotification` for what cannot be sent to."""
    topics = addressed(addresses)
    reached = people(topics)
    all_of_them = reached.annotate(one=Value(1)).values("one").annotate(people=Count("pk")).values("people")
    named = reached.order_by("username").annotate(people=Subquery(all_of_them))
    found = list(named.values_list("username", "people")[:SAMPLE])
    return Audience(found[0][1] if found else 0, [name for name, _ in found], topics)


def people(topics: Collection[str], at: datetime | None = None) -> QuerySet[User]:
    """Those who are here and whose inbox has one of these topics, and had it at a moment if one is given; no
    join, so each is there once."""
    here = User.objects.filter(is_active=True)
    if at is not None:
        here = here.filter(date_joined__lte=at)
    if spelled.EVERYONE in topics:
        return here
    wanted = frozenset(topics)
    named = [id for topic in wanted if (id := spelled.user_id(topic)) is not None]
    reached = Q(pk__in=named)
    if crowds := [id for topic in wanted if (id := spelled.group_id(topic)) is not None]:
        members = User.groups.through.objects.filter(group__in=crowds)
        reached |= Q(pk__in=_there(members, at).values("user_id"))
    followed = [topic for topic in wanted if not spelled.is_inbox(topic)]
    if followed:
        followers = Subscription.objects.filter(topic__in=followed)
        reached |= Q(pk__in=_there(followers, at).values("user_id"))
    return here.filter(reached)


def _there(rows: QuerySet[Any], at: datetime | None) -> QuerySet[Any]:
    """Of memberships or subscriptions, those that stood at a moment already."""
    if at is None or settings.HUB_NEWCOMERS_SEE_PAST:
        return rows
    by_group = Q(topic__startswith=spelled.group(""))
    theirs = Arrival.objects.filter(user=OuterRef("user"), belonging=OuterRef("pk"), since__lte=at)
    return rows.filter(
        Exists(theirs.exclude(by_group) if rows.model is Subscription else theirs.filter(by_group))
    )


def role(topics: Collection[str], people: int) -> Role:
    """What whoever sends to so many people on these topics needs to be allowed."""
    wide = spelled.EVERYONE in topics or people > settings.HUB_CONFIRM_ABOVE
    return "broadcast" if wide else "send"
