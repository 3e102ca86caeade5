"""``POST /api/v1/runs/stream``: begins a run, and answers with its stream."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

from hub.errors import Problem
from hub.feeds.transports import Headers
from hub.log.current import shared_log
from hub.server import cors
from hub.support import mount, outages
from hub.support.asgi import ASGIApplication, Receive, Scope, Send, respond_problem
from hub.support.request import Query, Request
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import formats
from notifications.runs.stream import RunStream

RUN_HEADER = b"hub-run"
REPLAY_HEADER = b"idempotent-replay"  # of a call that was made before, with its Idempotency-Key
EXPOSED_HEADER = b"access-control-expose-headers"  # to pages of other origins
PARAMETERS = frozenset({"format"})
# Of the request that begins the run, and not of the one that reads it.
OWN_HEADERS = frozenset(
    {b"authorization", b"content-length", b"content-type", b"last-event-id", b"transfer-encoding"}
)


async def answer(
    feeds: ASGIApplication, pages: ASGIApplication, scope: Scope, receive: Receive, send: Send
) -> None:
    """Begin a run by the API's own call, ``POST /api/v1/runs``, and open its stream with the run's token."""
    try:
        format = Query(scope["query_string"], PARAMETERS).one("format")
        formats.by_name(format, "")
        answered = await _begin(pages, scope, receive, send)
        if answered is None:
            return
        begun, replay = answered
        run = await in_thread(Run.objects.get, pk=UUID(begun["run"]))
    except Exception as error:
        problem = error if isinstance(error, Problem) else outages.problem(error, "beginning a run")
        return await respond_problem(send, problem, cors.api_fields(Request(scope).origin))

    def named(headers: Headers) -> Headers:
        return [*_named(headers, begun["run"]), *replay]

    async def send_named(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            message = {**message, "headers": named(message["headers"])}
        await send(message)

    own = [field for field in scope["headers"] if field[0] not in OWN_HEADERS]
    token = (b"authorization", f"Bearer {begun['token']}".encode())
    reading = {**scope, "method": "GET", "headers": [*own, token]}
    stream = RunStream(shared_log(), run, formats.by_name(format, str(run.pk)), named=named)
    await stream(feeds, reading, receive, send_named)


def _named(headers: Headers, run: str) -> Headers:
    """The headers of a stream, with the id of its run, which pages of other origins can read."""
    exposed = [(name, value + b", Hub-Run" if name == EXPOSED_HEADER else value) for name, value in headers]
    return [*exposed, (RUN_HEADER, run.encode())]


async def _begin(
    pages: ASGIApplication, scope: Scope, receive: Receive, send: Send
) -> tuple[dict[str, str], list[tuple[bytes, bytes]]] | None:
    """The run that the request begins, and the `REPLAY_HEADER` if it had begun it before; None if it was
    refused, and answered so."""
    messages: list[MutableMapping[str, Any]] = []

    async def keep(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    path = mount.at("/api/v1/runs")
    await pages({**scope, "path": path, "raw_path": path.encode(), "query_string": b""}, receive, keep)
    if messages and messages[0]["status"] != 201:
        for message in messages:
            await send(message)
    if not messages or messages[0]["status"] != 201:
        return None  # else the client has gone
    begun: dict[str, str] = json.loads(b"".join(message.get("body", b"") for message in messages[1:]))
    return begun, [field for field in messages[0]["headers"] if field[0].lower() == REPLAY_HEADER]
