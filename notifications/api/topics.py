"""A live topic by its name: what there is of it, and what people publish to it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, Any

from ninja import Header, Path

from hub import events
from hub.errors import Problem
from hub.log import LogFull, Terms
from hub.log.current import shared_log
from hub.ops import topic_readers
from hub.policies import checks
from hub.policies.current import policies, policy_of
from hub.policies.policy import TopicPolicy
from notifications.access import judge, token_status
from notifications.access.lookups import followed_topics
from notifications.access.policies import publishers
from notifications.api.auth import (
    PersonOfTopic,
    PersonOfTopicRequest,
    ReaderOfTopic,
    ReaderOfTopicRequest,
    TopicPerson,
)
from notifications.api.policies import shown
from notifications.api.requests import LiveTopic
from notifications.api.responses import Position
from notifications.api.router import router
from notifications.api.topic_bodies import PersonEventBody, TopicState

TAGS = ["Live topics"]

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[ -~]{1,255}$", description="1 to 255 printable characters."),
]


@router.get("topics/{topic}", tags=TAGS, auth=ReaderOfTopic(), response=TopicState)
def get_topic(request: ReaderOfTopicRequest, topic: Path[LiveTopic]) -> dict[str, Any]:
    """A live topic: its policy, what the log has of it, and how many feeds are open on it, on all instances.

    For whoever may read it, or an API key of scope `read` that includes it. Of the audiences of its policy a
    person is shown those that they are in.
    """
    policies.refresh()
    policy = policy_of(topic)
    if isinstance(request.auth, TopicPerson):
        policy = _visible(request.auth, topic, policy)
    elif not request.auth.covers(topic):
        raise Problem(403, "This API key is limited to other topics: use one that may.", topics=[topic])
    extent = shared_log().measures.extent(topic)
    return {
        "topic": topic,
        "policy": None if policy is None else shown([policy])[0],
        "events": extent.events,
        "position": str(extent.position) if extent.position else None,
        "readers": topic_readers.count(topic),
    }


@router.post("topics/{topic}/events", tags=TAGS, auth=PersonOfTopic(), response={201: Position})
def publish_event(
    request: PersonOfTopicRequest,
    topic: Path[LiveTopic],
    body: PersonEventBody,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, str]:
    """Publish a live event as a person, by session or subscriber token, where the topic's policy lets them.

    The event bears their id as `by`. With an `Idempotency-Key` it is published once, and the same request
    returns the first position again for 24 h.
    """
    user = request.auth.user
    publishers.check(user, request.auth.claims, topic)
    person = str(user.pk)
    owner = events.person_owner(person)
    draft = events.draft(topic, body.type, body.data, owner=owner, value_key=body.key or "", by=person)
    checks.check_all([draft])
    publishers.spend(user.pk)
    terms = Terms(owner)
    if idempotency_key is not None:
        digest = hashlib.sha256(request.body).hexdigest()
        terms = Terms(owner, f"{owner}:{topic}:{idempotency_key}", digest)
    try:
        (position,) = shared_log().append([draft], terms)
    except LogFull as full:
        raise Problem(
            429,
            f"What one person may keep in the log is used up; there is space in {full.seconds} s.",
            retry_after=full.seconds,
        ) from None
    return {"position": str(position)}


def _visible(person: TopicPerson, topic: str, policy: TopicPolicy | None) -> TopicPolicy | None:
    """The policy as this person sees it. Raises a `Problem` of 403 if they may not read the topic."""
    user, claims = person.user, person.claims
    own = judge.audiences_of(user)
    if claims is None:
        may_read = judge.reads(user, topic)
    else:
        may_read = topic in claims.topics or (
            followed_topics.opens(topic, own) and token_status.stands_for_person(claims, topic)
        )
    if not may_read:
        raise Problem(403, "You may not read this topic: ask for a grant.", topics=[topic])
    if policy is None:
        return None
    read = None if policy.read is None else _among(policy.read, own)
    return replace(policy, read=read, publish=_among(policy.publish, own))


def _among(audiences: tuple[str, ...], own: frozenset[str]) -> tuple[str, ...]:
    return tuple(audience for audience in audiences if audience in own or audience == publishers.OWNER)
