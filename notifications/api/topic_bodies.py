"""What people publish to a live topic, and what is shown of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from notifications.api.policy_bodies import Policy
from notifications.api.requests import LiveType, Strict, ValueKey


class PersonEventBody(Strict):
    """A live event that a person publishes."""

    type: LiveType = Field(examples=["vote"])
    data: Any = Field(examples=[{"choice": "b"}])
    key: ValueKey | None = Field(None, description="Of which of the topic's values this is.")


class TopicState(BaseModel):
    """What there is of a live topic."""

    topic: str
    policy: Policy | None
    events: int = Field(description="In the log.")
    position: str | None = Field(description="Of the last event; null if the log knows of none.")
    readers: int | None = Field(
        description="Open feeds, over all instances; null where the API is served without the hub's feeds."
    )
