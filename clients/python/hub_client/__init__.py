"""A client of a notification hub: publish, notify, issue tokens, and read feeds.

`Hub` blocks, `AsyncHub` is for asyncio. What a feed yields is one of the classes of `hub_client.messages`, to
be matched; what goes wrong is one of those of `hub_client.errors`.
"""

from hub_client.async_feed import AsyncFeed
from hub_client.async_hub import AsyncHub
from hub_client.async_run import AsyncRun
from hub_client.async_runs import AsyncRunReader, AsyncRuns
from hub_client.errors import (
    BadRequest,
    Conflict,
    Expired,
    FeedEnded,
    Forbidden,
    HubError,
    Invalid,
    Limit,
    NotFound,
    Refused,
    Revoked,
    RunStopped,
    Slow,
    TooFast,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from hub_client.feed import Feed
from hub_client.hub import Hub
from hub_client.messages import Count, Degraded, Event, Live, Message, Reconnecting, Reset, RunEvent, Topics
from hub_client.publishing import Draft, Sent, Token
from hub_client.run import Run
from hub_client.run_calls import BegunRun, RunRecord
from hub_client.runs import RunReader, Runs

__all__ = [
    "AsyncFeed",
    "AsyncHub",
    "AsyncRun",
    "AsyncRunReader",
    "AsyncRuns",
    "BadRequest",
    "BegunRun",
    "Conflict",
    "Count",
    "Degraded",
    "Draft",
    "Event",
    "Expired",
    "Feed",
    "FeedEnded",
    "Forbidden",
    "Hub",
    "HubError",
    "Invalid",
    "Limit",
    "Live",
    "Message",
    "NotFound",
    "Reconnecting",
    "Refused",
    "Reset",
    "Revoked",
    "Run",
    "RunEvent",
    "RunReader",
    "RunRecord",
    "RunStopped",
    "Runs",
    "Sent",
    "Slow",
    "Token",
    "TooFast",
    "TooLarge",
    "Topics",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
]
