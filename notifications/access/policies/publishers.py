"""Who of the people may publish to a live topic, and how much."""

from __future__ import annotations

import math
from collections.abc import Hashable

from django.conf import settings

from hub.errors import Problem
from hub.policies.current import policies, policy_of
from notifications.access import judge, token_status
from notifications.access.quotas import Quota
from notifications.access.tokens import Claims
from notifications.user_model import User

OWNER = "owner"

quota = Quota(settings.HUB_PERSON_EVENTS_PER_S)  # by the key of a person, on this instance


def check(user: User, claims: Claims | None, topic: str) -> None:
    """Raise a `Problem` of 403 unless the topic's policy lets this person publish.

    They come by session, or by a token with these claims; of the topics that it names they are an owner.
    """
    policies.refresh()
    policy = policy_of(topic)
    if policy is None or not policy.publish:
        raise _refused(topic)
    if claims is not None:
        if topic in claims.topics and OWNER in policy.publish:
            return
        if not token_status.stands_for_person(claims, topic):
            raise _refused(topic)
    if judge.audiences_of(user).isdisjoint(policy.publish):
        raise _refused(topic)


def spend(person: Hashable) -> None:
    """Count an event that a person is about to publish; raise a `Problem` of 429 beyond their rate."""
    if wait := quota.wait(person):
        raise Problem(
            429,
            f"You may publish {settings.HUB_PERSON_EVENTS_PER_S:g} events a second here: try again later.",
            retry_after=math.ceil(wait),
        )
    quota.spend(person, 1)


def _refused(topic: str) -> Problem:
    return Problem(
        403,
        f"You may not publish to {topic}: the policy of a topic names the people who may. Programs publish "
        "with an API key, at /api/v1/events.",
        topics=[topic],
    )
