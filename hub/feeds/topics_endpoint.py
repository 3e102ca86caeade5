"""The endpoint that changes the topics of an open feed, an ASGI application.

Any instance takes the call, and the one that holds the feed applies it. The id of the feed is known to its
client alone; a client with credentials proves as well that it is the same person, and may read what it adds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from hub.delivery.endpoint import ADMIT_S, EndpointOptions
from hub.errors import Problem
from hub.feeds.feed_ids import BadFeedId, FeedId, FeedIds
from hub.feeds.request import FeedRequest, check_topics
from hub.feeds.topic_calls import TopicCalls
from hub.ports import Application
from hub.support import csrf, origins, outages, strict_json
from hub.support.asgi import Receive, Scope, Send, read_body, respond, respond_problem
from hub.support.threads import in_thread

MAX_BYTES = 64 * 1024


class TopicsEndpoint:
    """``POST {"feed": id, "add": […], "remove": […]}``, answered with the topics that the feed has then."""

    def __init__(
        self, ids: FeedIds, calls: TopicCalls, application: Application, options: EndpointOptions
    ) -> None:
        self._ids = ids
        self._calls = calls
        self._application = application
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = FeedRequest(scope, self._options.origins)
        except origins.ForeignOrigin as problem:
            origins.report_refused(self._application, problem, scope)
            return await respond_problem(send, problem)
        try:
            request.check(self._options.hosts, tls=self._options.tls)
            if request.method == "OPTIONS":
                return await respond(send, 204, headers=request.cors)
            if request.method != "POST":
                refused = Problem(405, "The topics of a feed are changed with POST.")
                refused.headers["Allow"] = "POST"
                raise refused
            body = await read_body(receive, MAX_BYTES)
            if body is None:
                return
            feed, add, remove = self._parse(body)
            await self._authorize(request, feed, add)
            names = await self._calls.change(feed, add, remove)
        except Problem as problem:
            return await respond_problem(send, problem, request.cors)
        answer = json.dumps({"topics": list(names)}).encode()
        await respond(send, 200, answer, "application/json", request.cors)

    def _parse(self, body: bytes) -> tuple[FeedId, tuple[str, ...], tuple[str, ...]]:
        """The feed, and the topics to add and to remove. Raises a `Problem` of 400 or 404."""
        try:
            given = strict_json.read(body)
        except strict_json.BadJson as bad:
            raise Problem(400, f"The body cannot be read: {bad}") from None
        match given:
            case {"feed": str(text), **lists} if lists.keys() <= {"add", "remove"}:
                add, remove = _names(lists.get("add", [])), _names(lists.get("remove", []))
            case _:
                raise Problem(
                    400,
                    'The body is {"feed": "…", "add": ["job-42"], "remove": ["job-41"]}: the feed of '
                    "stream-open, and lists of topics, of which either may be left out.",
                )
        if contradictory := set(add).intersection(remove):
            raise Problem(400, f"{min(contradictory)!r} is both added and removed: name it once.")
        try:
            return self._ids.read(text), add, remove
        except BadFeedId:
            raise Problem(
                404,
                "This is not the id of an open feed: send the feed of the last stream-open, as it came, or "
                "open a feed with the topics that you want.",
            ) from None

    async def _authorize(self, request: FeedRequest, feed: FeedId, add: Sequence[str]) -> None:
        """Raises a `Problem` unless the client is the person of the feed, with the right to these topics.

        A client that came by a ticket has nothing but the id of its feed, and what the ticket opened.
        """
        credentials = request.read_credentials()
        if feed.by_ticket and not credentials.bearer:
            return
        try:
            async with asyncio.timeout(ADMIT_S):
                if credentials.session and not credentials.bearer:
                    await in_thread(csrf.check, request.scope, credentials.session)
                person = await self._application.admit(credentials, add, False)
        except Problem:
            raise
        except Exception as error:
            raise outages.problem(error, "admitting a change of topics") from error
        if person.id != feed.person:
            raise Problem(403, "This feed is another person's: send the feed of your own stream-open.")


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise Problem(400, 'add and remove are lists of topics, such as ["job-42"].')
    return check_topics(given)
