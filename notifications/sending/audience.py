"""The audience of a notification before it is sent: how many people, and the names of some."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value

from hub import topics as topic_names
from notifications import user_model
from notifications.access.roles import Role
from notifications.models import Arrival, Subscription, audiences
from notifications.sending.addresses import resolve_each
from notifications.user_model import User

SAMPLE_SIZE = 10  # names


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` counts each person once; ``sample`` are the first names in order; ``addresses`` are by the
    topics they resolve to."""

    people: int
    sample: list[str]
    addresses: dict[str, str]

    @property
    def topics(self) -> list[str]:
        """Those it is sent to."""
        return list(self.addresses)

    @property
    def role(self) -> Role:
        """The role that sending to it takes."""
        return role(self.topics, self.people)


def of(addresses: Sequence[str]) -> Audience:
    """The audience of some addresses. Raises `BadNotification` for an address that is unknown."""
    topics = resolve_each(addresses)
    reached = people(topics)
    all_of_them = reached.annotate(one=Value(1)).values("one").annotate(people=Count("pk")).values("people")
    name = user_model.name_field()
    sampled = reached.order_by(name).annotate(people=Subquery(all_of_them))
    found = list(sampled.values_list(name, "people")[:SAMPLE_SIZE])
    return Audience(found[0][1] if found else 0, [name for name, _ in found], topics)


def people(topics: Collection[str], at: datetime | None = None) -> QuerySet[User]:
    """The active users whose inbox has one of these topics, and had it already ``at`` a moment if given.
    Without joins, so that each is in it once."""
    users = user_model.active_users()
    if at is not None:
        users = users.filter(user_model.joined_by(at))
    if topic_names.EVERYONE in topics:
        return users
    topics = frozenset(topics)
    named = [key for topic in topics if (key := user_model.topic_key(topic)) is not None]
    reached = Q(pk__in=named)
    if groups := [id for topic in topics if (id := topic_names.group_id(topic)) is not None]:
        reached |= _members(groups, at)
    followed = [topic for topic in topics if not topic_names.is_inbox(topic)]
    if followed:
        followers = Subscription.objects.filter(topic__in=followed)
        reached |= Q(pk__in=_existing(followers, "user", at).values("user"))
        reached |= audiences.members(followed)
    return users.filter(reached)


def _members(groups: Collection[int], at: datetime | None) -> Q:
    """The members of these groups (by id), who were it ``at`` that moment already."""
    memberships = user_model.memberships()
    if memberships is None:
        return Q()
    rows = memberships.in_groups(groups)
    return Q(pk__in=_existing(rows, memberships.user, at).values(memberships.user))


def _existing(rows: QuerySet[Any], user: str, at: datetime | None) -> QuerySet[Any]:
    """The memberships or subscriptions among these, of the users in that field, that existed at a moment."""
    if at is None or settings.HUB_NEWCOMERS_SEE_PAST:
        return rows
    by_group = Q(topic__startswith=topic_names.group(""))
    arrivals = Arrival.objects.filter(user=OuterRef(user), belonging=OuterRef("pk"), since__lte=at)
    return rows.filter(
        Exists(arrivals.exclude(by_group) if rows.model is Subscription else arrivals.filter(by_group))
    )


def role(topics: Collection[str], people: int) -> Role:
    """The role that sending to so many people on these topics takes."""
    wide = topic_names.EVERYONE in topics or people > settings.HUB_CONFIRM_ABOVE
    return "broadcast" if wide else "send"
