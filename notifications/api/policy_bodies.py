"""Policies of live topics as requests and responses have them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class PolicyBody(BaseModel):
    """A policy; `hub.policies.policy.parse` checks it."""

    model_config = ConfigDict(extra="allow")

    pattern: Any = Field(None, examples=["job-*"], description="As in the path, if it is given.")
    history: Any = Field(None, examples=[{"events": 10_000, "seconds": 86_400, "bytes": 10_000_000}])
    latest: Any = Field(None, examples=["key"])
    coalesce_ms: Any = Field(None, examples=[100])
    coalesce: Any = Field(None, examples=["last"])
    max_rate: Any = Field(None, examples=[50])
    max_bytes: Any = Field(None, examples=[65_536])
    read: Any = Field(None, examples=[["everyone"]])
    publish: Any = Field(None, examples=[["group:ops"]])


class History(BaseModel):
    """What the log keeps of a topic."""

    events: int | None
    seconds: int | None
    bytes: int | None


class Policy(BaseModel):
    """A policy of live topics."""

    pattern: str
    history: History | None
    latest: Literal["key"] | None
    coalesce_ms: int | None
    coalesce: Literal["last", "join"] | None
    max_rate: float | None = Field(description="Events per second on one topic.")
    max_bytes: int | None = Field(description="Of an event's data.")
    read: list[str] | None
    publish: list[str]


class Policies(BaseModel):
    """The policies in force."""

    policies: list[Policy]
