"""Audiences of policies, as people write them and as rows keep them: groups and people by their topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.contrib.auth.models import Group

from hub import topics
from hub.policies.policy import BadPolicy, TopicPolicy
from notifications import user_model
from notifications.access import names

GROUP, PERSON = names.ADDRESS, "user:"


def by_topic(policy: TopicPolicy) -> TopicPolicy:
    """The policy with ``group:ops`` and ``user:alice`` as topics. Raises `BadPolicy` for unknown names."""
    written = [*(policy.read or ()), *policy.publish]
    asked = {name.removeprefix(PERSON) for name in written if name.startswith(PERSON)}
    known = {
        PERSON + name: topics.user(key)
        for key, name in user_model.named(asked).values_list("pk", user_model.name_field())
    }
    asked = {name.removeprefix(GROUP) for name in written if name.startswith(GROUP)}
    for id, name in Group.objects.filter(name__in=asked).values_list("pk", "name"):
        known[GROUP + name] = topics.group(id)

    def resolved(field: str, audiences: Sequence[str]) -> tuple[str, ...]:
        for position, name in enumerate(audiences):
            if name.startswith((GROUP, PERSON)) and name not in known:
                kind = "group" if name.startswith(GROUP) else "user"
                raise BadPolicy(f"{field}.{position}", f"there is no {kind} for {name[:80]!r}.")
        return tuple(known.get(name, name) for name in audiences)

    read = None if policy.read is None else resolved("read", policy.read)
    return replace(policy, read=read, publish=resolved("publish", policy.publish))


def written(policies: Iterable[TopicPolicy]) -> list[TopicPolicy]:
    """The policies with topics as people write them; without groups and people that are gone."""
    policies = list(policies)
    named = {audience for policy in policies for audience in (*(policy.read or ()), *policy.publish)}
    groups = names.groups(named)
    found = {topic: GROUP + name for topic, name in groups.items()}
    people = {key: topic for topic in named if (key := user_model.topic_key(topic)) is not None}
    if people:
        rows = user_model.users().filter(pk__in=people).values_list("pk", user_model.name_field())
        found |= {people[key]: PERSON + name for key, name in rows}

    def of(audiences: Sequence[str]) -> tuple[str, ...]:
        return tuple(found.get(name, name) for name in audiences if name in found or not _is_topic(name))

    return [
        replace(policy, read=None if policy.read is None else of(policy.read), publish=of(policy.publish))
        for policy in policies
    ]


def _is_topic(audience: str) -> bool:
    return topics.is_user(audience) or topics.is_group(audience)
