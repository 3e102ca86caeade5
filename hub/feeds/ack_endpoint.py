"""The endpoint where pages acknowledge what arrived on their feeds, an ASGI application.

The token of a feed authenticates: no session, no database, and so no CSRF token, as no foreign page knows it.
"""

from __future__ import annotations

from typing import Any

from hub.delivery.endpoint import EndpointOptions
from hub.errors import Problem
from hub.feeds.acknowledgements import Acknowledgements
from hub.feeds.body import MAX_BYTES
from hub.feeds.request import FeedRequest
from hub.ports import Application
from hub.support import origins, strict_json
from hub.support.asgi import Receive, Scope, Send, read_body, respond, respond_problem

PATH = "/feed/acks"
MAX_IDS = 200
MAX_ID_LENGTH = 64  # characters


class AckEndpoint:
    """``POST {"ack": token, "ids": […]}``; the ids may be left out, to say only that the page is there."""

    def __init__(
        self, acknowledgements: Acknowledgements, application: Application, options: EndpointOptions
    ) -> None:
        self._acknowledgements = acknowledgements
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
            if request.method == "POST":
                body = await read_body(receive, MAX_BYTES)
                if body is None:
                    return
                token, ids = _parse(body)
                person = self._acknowledgements.acknowledge(token)
                if ids:
                    self._application.acknowledged(person, ids)
            elif request.method != "OPTIONS":
                refused = Problem(405, "Events are acknowledged with POST.")
                refused.headers["Allow"] = "POST"
                raise refused
        except Problem as problem:
            return await respond_problem(send, problem, request.cors)
        await respond(send, 204, headers=request.cors)


def _parse(body: bytes) -> tuple[str, list[str]]:
    """The token and the ids. Raises a `Problem` of 400."""
    try:
        match strict_json.read(body):
            case {"ack": str(token), "ids": list(ids), **rest} if not rest and _are_ids(ids):
                return token, list(dict.fromkeys(ids))
            case {"ack": str(token), **rest} if not rest:
                return token, []
    except strict_json.BadJson as bad:
        raise Problem(400, f"The body cannot be read: {bad}") from None
    raise Problem(
        400,
        'The body is {"ack": "…", "ids": ["…"]}: the ack of stream-open, and the ids of up to '
        f"{MAX_IDS} notifications, if any.",
    )


def _are_ids(given: list[Any]) -> bool:
    return len(given) <= MAX_IDS and all(isinstance(id, str) and len(id) <= MAX_ID_LENGTH for id in given)
