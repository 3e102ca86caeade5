"""Request bodies of the calls about preferences."""

from __future__ import annotations

from pydantic import Field

from notifications.api.requests import Strict


class ChoiceBody(Strict):
    """How a category reaches the user."""

    feed: bool = Field(description="Whether it is listed and counted.")
    toast: bool


class QuietHoursBody(Strict):
    """When toasts are held back, in the user's time zone."""

    start: str = Field(examples=["22:00"])
    end: str = Field(examples=["07:00"], description="The first minute that is not quiet.")
    zone: str = Field(examples=["Europe/Vienna"])


class PreferencesBody(Strict):
    """All preferences of a user; topics, if given, are as they were got."""

    categories: dict[str, ChoiceBody] = Field(examples=[{"builds": {"feed": True, "toast": False}}])
    quiet_hours: QuietHoursBody | None
    muted_topics: list[str] | None = None
    followed_topics: list[str] | None = None
