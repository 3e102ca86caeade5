"""Topics that people chose to follow count only as long as they may read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hub import topics
from hub.policies.current import policy_of, table
from notifications import user_model
from notifications.access import names
from notifications.models import Grant
from notifications.user_model import Key


def opens(topic: str, audiences: Collection[str]) -> bool:
    """Whether the topic's policy has it read by one of these audiences."""
    policy = policy_of(topic)
    return policy is not None and not set(policy.read or ()).isdisjoint(audiences)


def unreadable(
    chosen: Mapping[Key, Collection[str]], groups: Mapping[Key, Mapping[int, str]]
) -> dict[Key, set[str]]:
    """Of the topics that each of these people chose, by key, those that nothing lets them read.

    ``groups`` are the names of their groups, by id. One query, or two if there are policies; none for nobody.
    """
    if not chosen:
        return {}
    grants = list(Grant.objects.all())
    people = user_model.users().filter(pk__in=chosen) if table else user_model.users().none()
    called = dict(people.values_list("pk", user_model.name_field()))
    denied: dict[Key, set[str]] = {}
    for key, some in chosen.items():
        member = groups[key]
        own = {topics.EVERYONE, topics.user(key), *map(topics.group, member)}
        audiences = own | {f"user:{called.get(key)}", *(names.ADDRESS + name for name in member.values())}
        mine = [grant for grant in grants if grant.group_id is None or grant.group_id in member]
        denied[key] = {
            topic
            for topic in some
            if not any(grant.covers(topic) for grant in mine) and not opens(topic, audiences)
        }
    return denied
