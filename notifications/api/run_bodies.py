"""Bodies and answers of the calls about runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from notifications.api.requests import InboxQuery, Strict
from notifications.models import MAX_TITLE
from notifications.runs import lifecycle
from notifications.runs.production import MAX_EVENTS

MAX_SHARES = 100
MAX_DETAIL = 1000  # characters


class RunBody(Strict):
    """A run to begin."""

    owner: str = Field(examples=["alice"])
    title: str = Field("", max_length=MAX_TITLE)
    share: list[str] = Field([], max_length=MAX_SHARES, examples=[["group:ops"]])
    lease_s: int = Field(lifecycle.DEFAULT_LEASE_S, ge=lifecycle.MIN_LEASE_S, le=lifecycle.MAX_LEASE_S)
    queued: bool = Field(False, description="It waits for its producer, whose first call starts it.")


class RunEventBody(Strict):
    """An event of a run."""

    type: str = Field(examples=["token"])
    data: Any = Field(examples=[{"text": "Hello"}])


class RunEventsBody(Strict):
    """Events of a run, in their order. Without any the lease is renewed."""

    events: list[RunEventBody] = Field(max_length=MAX_EVENTS)


class DoneBody(Strict):
    """The outcome of a run, any JSON."""

    outcome: Any = None


class ErrorBody(Strict):
    """Why a run failed, as its readers are shown it."""

    detail: str = Field("", max_length=MAX_DETAIL)


class RunQuery(InboxQuery):
    """Which runs are listed."""

    owner: str | None = None
    limit: int = Field(50, ge=1, le=200)
    before: UUID | None = None


class Begun(BaseModel):
    """A run that was begun. ``token`` opens its stream and nothing else."""

    run: str
    topic: str
    token: str


class Answer(BaseModel):
    """Where a run stands after a call of its producer."""

    position: str | None = Field(description="Of the last event appended; null if none was.")
    stop: bool = Field(description="The run has ended, and the producer is to stop.")


class RunItem(BaseModel):
    """A run as its readers see it."""

    run: str
    topic: str
    owner: str
    title: str
    state: str
    tokens: int
    started_at: str
    ended_at: str | None
    outcome: Any
    detail: str
    stopped_by: str
    may_stop: bool = Field(description="Whether the person who requests this may stop it now.")


class RunWhole(RunItem):
    """The same with its text."""

    text: str


class RunList(BaseModel):
    """Runs, the latest first."""

    runs: list[RunItem]
    next: str | None
