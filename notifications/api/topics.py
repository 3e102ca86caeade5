"""A live topic by its name: what people publish to it."""

from __future__ import annotations

import hashlib
from typing import Annotated

from ninja import Header, Path

from hub import events
from hub.errors import Problem
from hub.log import LogFull, Terms
from hub.log.current import shared_log
from hub.policies import checks
from notifications.access.policies import publishers
from notifications.api.auth import Publisher, PublisherRequest
from notifications.api.requests import LiveTopic
from notifications.api.responses import Position
from notifications.api.router import router
from notifications.api.topic_bodies import PersonEventBody

TAGS = ["Live topics"]

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[ -~]{1,255}$", description="1 to 255 printable characters."),
]


@router.post("topics/{topic}/events", tags=TAGS, auth=Publisher(), response={201: Position})
def publish(
    request: PublisherRequest,
    topic: Path[LiveTopic],
    body: PersonEventBody,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, str]:
    """Publish a live event as a person, by session or subscriber token, where the topic's policy lets them.

    The event bears their id as `by`. With an `Idempotency-Key` it is published once, and the same request
    returns the first position again for 24 h.
    """
    user, claims = request.auth
    publishers.check(user, claims, topic)
    person = str(user.pk)
    owner = f"person:{person}"
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
