"""Groups of the project's own, such as teams or tenants: HUB_AUDIENCES names the class that knows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from hub import topics
from hub.support.faults import malformed
from notifications import user_model
from notifications.user_model import Key, User


class Audiences:
    """A project's groups, each by a live topic (``team-7``), which its members have in their inbox: what was
    sent there before they came, too. After a change call `notifications.access.endings.recheck` with the
    keys of those concerned; without it, it is noticed within half a minute."""

    def audiences(self, user: User) -> Iterable[str]:
        """The topics of the groups that an active user belongs to."""
        return ()

    def members(self, audience: str) -> QuerySet[User]:
        """The members of the group with this topic; none for a topic of no group."""
        return user_model.users().none()


def of(people: Collection[Key]) -> Mapping[Key, list[str]]:
    """By key, the topics of these people's groups; a topic that is none is left out, and recorded."""
    if not settings.HUB_AUDIENCES or not people:
        return {}
    own = known()
    users = user_model.users().filter(pk__in=people)
    return {user.pk: [topic for topic in own.audiences(user) if _is_topic(topic)] for user in users}


def members(requested: Iterable[str]) -> Q:
    """A condition on users: they belong to one of the groups with these topics."""
    reached = Q()
    for topic in requested if settings.HUB_AUDIENCES else ():
        reached |= Q(pk__in=known().members(topic).values("pk"))
    return reached


@cache
def known() -> Audiences:
    """The project's. Raises `ImportError` if the setting names nothing."""
    found: Audiences = import_string(settings.HUB_AUDIENCES)()
    return found


def _is_topic(topic: str) -> bool:
    try:
        topics.check_live(topic)
    except (topics.BadTopic, TypeError) as error:
        malformed.record("audience", str(topic)[:64], error)
        return False
    return True
