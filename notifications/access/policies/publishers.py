"""Who of the people may publish to a live topic, and how much."""

from __future__ import annotations

import math
from collections.abc import Hashable

from django.conf import settings

from hub.errors import Problem
from hub.policies.current import policies, policy_of
from notifications.access import belongings, judge, token_status
from notifications.access.quotas import Quota
from notifications.access.tokens import Claims
from notifications.models import topic_patterns
from notifications.user_model import User

OWNER = "owner"

quota = Quota(settings.HUB_PERSON_EVENTS_PER_S)  # by the key of a person, on this instance


def check(user: User, claims: Claims | None, topic: str) -> None:
    """Raise a `Problem` of 403 unless the topic's policy lets this person publish.

    They come by session, or by a token with these claims. A token is for the topics that it names, of which
    its person is an owner; if it opens their inbox, for all that its API key is not limited to leave out.
    """
    policies.refresh()
    policy = policy_of(topic)
    if policy is None or not policy.publish:
        raise _refused(topic)
    if claims is not None:
        if topic in claims.topics:
            if OWNER in policy.publish:
                return
        elif not (claims.own and _covers(claims.key, topic)):
            raise _refused(topic)
    inbox = belongings.of([user.pk])[user.pk]
    if judge.audiences(user.get_username(), inbox).isdisjoint(policy.publish):
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


def _covers(key: int, topic: str) -> bool:
    if not key:
        return True  # a token of another issuer, or of a command
    program = token_status.program(key)
    patterns = token_status.key_topics([program]).get(program)
    return patterns is not None and topic_patterns.any_covers(patterns, topic)


def _refused(topic: str) -> Problem:
    return Problem(
        403,
        f"You may not publish to {topic}: the policy of a topic names the people who may. Programs publish "
        "with an API key, at /api/v1/events.",
        topics=[topic],
    )
