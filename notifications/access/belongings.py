"""The topics of each person's inbox, and since when each of them is theirs."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.signals import m2m_changed, post_save
from django.utils import timezone

from hub import topics
from notifications import user_model
from notifications.access.lookups import accounts, followed_topics, person_rows
from notifications.access.lookups.accounts import Account
from notifications.access.lookups.person_rows import ACCOUNT, FOLLOWER, GRANT, MEMBER, PERSON, SESSION
from notifications.models import Arrival, Grant, Subscription, audiences
from notifications.user_model import EPOCH, Key, User

BATCH_SIZE = 500  # people per query
ALWAYS = 0  # in place of the id of a membership: theirs since they joined

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Belongings:
    """``own`` are the topics of a person's inbox, and ``since`` the log position from which each is theirs;
    ``groups`` are the names of their groups, by id."""

    own: tuple[str, ...]
    since: tuple[int, ...]
    groups: Mapping[int, str]


NOTHING = Belongings((), (), {})


@dataclass(slots=True)
class _Found:
    joined: datetime
    groups: dict[int, str] = field(default_factory=dict)
    belongings: dict[str, int] = field(default_factory=dict)  # by topic: id of the membership or subscription
    arrivals: dict[str, tuple[int, int, datetime]] = field(default_factory=dict)  # id, belonging, since

    def since(self, topic: str) -> datetime | None:
        """Since when the topic is theirs; None if that is not recorded."""
        _, belonging, at = self.arrivals.get(topic, (0, ALWAYS, self.joined))
        return max(at, self.joined) if belonging == self.belongings[topic] else None


class Admissible(NamedTuple):
    """What there is to decide who is admitted: by key, everyone's `Belongings` and the accounts of those who
    are active; all grants; and the encoded data of sessions, by session key."""

    belongings: dict[Key, Belongings]
    accounts: dict[Key, Account]
    grants: list[Grant]
    sessions: dict[str, str]


def of(people: Collection[Key]) -> dict[Key, Belongings]:
    """By key, of each of these people, in one query.

    Someone who was added to a group without Django's signals (in bulk or by SQL) joined when that is first
    noticed here: it is recorded now, and if that fails the topic is not theirs yet.
    """
    now = timezone.now()
    return _gathered(people, person_rows.of(people), now)


def admissible(people: Collection[Key], sessions: Collection[str] = ()) -> Admissible:
    """What there is on these people, in one query, or two if the user model is not plain; and those of these
    sessions (by key, of the table of sessions) that are alive."""
    now = timezone.now()
    rows = list(person_rows.of(people, admission=True, sessions=sessions))
    texts = [
        text.partition(":")
        for kind, _, _, text, _, at in rows
        if kind == SESSION and person_rows.moment(at) > now
    ]
    grants = [
        Grant(id=id, pattern=pattern, group_id=group)
        for kind, _, group, pattern, id, _ in rows
        if kind == GRANT
    ]
    return Admissible(
        _gathered(people, rows, now), accounts.of(people, rows), grants, {key: data for key, _, data in texts}
    )


def _gathered(people: Collection[Key], rows: Iterable[Any], now: datetime) -> dict[Key, Belongings]:
    found = {key: _Found(now) for key in people}
    chosen: dict[Key, set[str]] = {}
    for kind, user, id, name, belonging, at in rows:
        if kind in (GRANT, ACCOUNT, SESSION):
            continue
        one = found[user]
        if kind == PERSON:
            one.joined = EPOCH if at is None else person_rows.moment(at)
        elif kind == MEMBER:
            one.groups[id] = name
            one.belongings[topics.group(id)] = belonging
        elif kind == FOLLOWER:
            one.belongings[name] = belonging
            if id:
                chosen.setdefault(user, set()).add(name)
        else:
            one.arrivals[name] = id, belonging, person_rows.moment(at)
    for user, own in audiences.of(people).items():
        for topic in own:
            found[user].belongings.setdefault(topic, ALWAYS)
    _record(found, now)
    denied = followed_topics.unreadable(chosen, {key: found[key].groups for key in chosen})
    return {key: _belongings(key, one, denied.get(key, ())) for key, one in found.items()}


def since(user: User) -> dict[str, datetime]:
    """By topic of a person's inbox, since when it is theirs."""
    found = of([user.pk])[user.pk]
    return {topic: moment(at) for topic, at in zip(found.own, found.since, strict=True)}


def position(moment: datetime) -> int:
    """The log position of a moment: microseconds since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(position: int) -> datetime:
    """The moment of a log position."""
    return EPOCH + timedelta(microseconds=position)


def connect_signals() -> None:
    """Record when people join groups and follow topics."""
    if (memberships := user_model.memberships()) is not None:
        m2m_changed.connect(_joined, sender=memberships.model, dispatch_uid="hub.joined")
    post_save.connect(_followed, sender=Subscription, dispatch_uid="hub.followed")


def _record(found: Mapping[Key, _Found], now: datetime) -> None:
    """Record arrivals that are new, and delete those whose membership or subscription has ended."""
    fresh = [
        (key, topic) for key, one in found.items() for topic in one.belongings if one.since(topic) is None
    ]
    stale = [
        pk
        for one in found.values()
        for topic, (pk, belonging, _) in one.arrivals.items()
        if one.belongings.get(topic) != belonging
    ]
    if not fresh and not stale:
        return
    made = [
        # In one order, so that two transactions cannot deadlock.
        Arrival(user_id=key, topic=topic, belonging=found[key].belongings[topic], since=now)
        for key, topic in sorted(fresh)
    ]
    try:
        with transaction.atomic():
            Arrival.objects.filter(pk__in=sorted(stale)).delete()
            Arrival.objects.bulk_create(made, ignore_conflicts=True)
    except DatabaseError as error:
        return logger.info("%d arrivals could not be recorded: %s", len(made), error)
    for one in made:
        found[one.user_id].arrivals[one.topic] = 0, one.belonging, now


def _belongings(key: Key, one: _Found, denied: Collection[str]) -> Belongings:
    since = {topics.EVERYONE: one.joined, topics.user(key): one.joined}
    for topic in sorted(one.belongings.keys() - denied):
        came = one.joined if settings.HUB_NEWCOMERS_SEE_PAST else one.since(topic)
        if came is not None:
            since[topic] = came
    # Kept per connection, and most begin at the same moment: one int object for all.
    positions = {moment: position(moment) for moment in set(since.values())}
    return Belongings(
        tuple(since), tuple(positions[moment] for moment in since.values()), one.groups or NOTHING.groups
    )


def _joined(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    if action == "post_add" and pk_set:
        people = [instance.pk] if isinstance(instance, User) else sorted(pk_set)
        for start in range(0, len(people), BATCH_SIZE):
            of(people[start : start + BATCH_SIZE])


def _followed(sender: Any, instance: Subscription, created: bool, **kwargs: Any) -> None:
    if created:
        of([instance.user_id])
