"""The description of the call on open feeds, which `hub.feeds.topics_endpoint` answers before Django does."""

from __future__ import annotations

from typing import NoReturn

from pydantic import Field

from hub.errors import Problem
from notifications.api.auth import ReaderRequest
from notifications.api.requests import MAX_TOPICS, Strict, Topic
from notifications.api.responses import FeedTopics
from notifications.api.router import router


class FeedTopicsBody(Strict):
    """A change of an open feed's topics."""

    feed: str = Field(description="Of its last `stream-open`.")
    add: list[Topic] = Field([], max_length=MAX_TOPICS, examples=[["job-42"]])
    remove: list[Topic] = Field([], max_length=MAX_TOPICS)


@router.post("feed/topics", tags=["Feeds"], response=FeedTopics)
def change_feed(request: ReaderRequest, body: FeedTopicsBody) -> NoReturn:
    """Add topics to an open feed, and remove others, without a reconnect.

    The feed says so with `stream-topics`. Any instance takes the call. 410: the feed has ended; open one from
    its last position, with the topics that you want.
    """
    raise Problem(503, "Feeds are open on the hub's ASGI application alone: send this to it.", retry_after=1)
