"""What people publish to a live topic, and what is shown of it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from notifications.api.requests import LiveType, Strict, ValueKey


class PersonEventBody(Strict):
    """A live event that a person publishes."""

    type: LiveType = Field(examples=["vote"])
    data: Any = Field(examples=[{"choice": "b"}])
    key: ValueKey | None = Field(None, description="Of which of the topic's values this is.")
