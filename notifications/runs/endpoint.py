"""The calls about runs that wait or stream: they run on the event loop, beside the pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from hub.errors import Problem
from hub.feeds.request import RESUME
from hub.log.current import shared_log
from hub.support import outages
from hub.support.asgi import ASGIApplication, Receive, Scope, Send, respond_json, respond_problem
from hub.support.request import Query, Request, position
from hub.support.threads import in_thread
from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Run
from notifications.runs import access, stops
from notifications.runs.formats import FORMATS, Format
from notifications.runs.stream import RunStream
from notifications.user_model import User

PREFIX = "/api/v1/runs/"
_PATH = re.compile(r"/api/v1/runs/([0-9a-f-]{36})/(stream|stop)")
MAX_WAIT_S = 60
TOKEN_S = 60  # of the token with which an API key opens a stream; it is used at once
STREAM_PARAMETERS = frozenset({"format", "ticket", *RESUME})
STOP_PARAMETERS = frozenset({"wait"})


def route(path: str, method: str, feeds: ASGIApplication) -> ASGIApplication | None:
    """What answers ``GET …/stream`` and ``GET …/stop?wait=``; None for other requests. ``feeds`` is the hub's
    feed, which carries the streams."""
    found = _PATH.fullmatch(path) if path.startswith(PREFIX) else None
    if found is None or (found[2] == "stop" and method != "GET"):
        return None
    answer = partial(_stream, feeds) if found[2] == "stream" else _wait

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await _refusing(answer, found[1], scope, receive, send)

    return respond


async def _stream(feeds: ASGIApplication, id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    query = Query(scope["query_string"], STREAM_PARAMETERS)
    format = _format(query.one("format"), id)
    given = [position(query.one(name)) for name in RESUME & query.names]
    after = max((one for one in given if one is not None), default=None)
    in_header = position(request.headers.get("last-event-id", ""))
    run = await in_thread(_find, id)
    bearer = _key(request)
    if bearer:
        scope = await in_thread(_authorized, scope, bearer, run)
    stream = RunStream(shared_log(), run, format, after if in_header is None else in_header)
    await stream(feeds, scope, query.one("ticket"), receive, send)


async def _wait(id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
    """For a producer: answer once its run has ended."""
    query = Query(scope["query_string"], STOP_PARAMETERS)
    seconds = _wait_s(query.one("wait"))
    bearer = _key(Request(scope))
    if not bearer:
        raise Problem(401, "Send the API key that began the run: Authorization: Bearer KEY.")
    await in_thread(_of_key, bearer, id)
    async with stops.waiting(id) as ended:
        if not await in_thread(_has_ended, id):
            await ended(seconds)
    await respond_json(send, 200, {"stop": await in_thread(_has_ended, id)})


async def _refusing(
    answer: Callable[[UUID, Scope, Receive, Send], Awaitable[None]],
    id: str,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    try:
        await answer(_id(id), scope, receive, send)
    except Problem as problem:
        await respond_problem(send, problem)
    except Exception as error:
        await respond_problem(send, outages.problem(error, "answering about a run"))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, access.MISSING) from None


def _format(name: str, id: UUID) -> Format:
    if name not in FORMATS:
        raise Problem(400, f"format is one of {', '.join(filter(None, FORMATS))}; leave it out for events.")
    return FORMATS[name](str(id))


def _wait_s(text: str) -> int:
    if text and (not re.fullmatch("[0-9]{1,2}", text) or int(text) > MAX_WAIT_S):
        raise Problem(400, f"wait is a whole number of seconds, 0 to {MAX_WAIT_S}.")
    return int(text or 0)


def _key(request: Request) -> str:
    """The API key of the request; empty if it comes with a token, a ticket or a session."""
    bearer = request.read_credentials().bearer
    return "" if bearer.count(".") == 2 else bearer


def _find(id: UUID) -> Run:
    run = Run.objects.select_related("owner").filter(pk=id).first()
    if run is None:
        raise Problem(404, access.MISSING)
    return run


def _of_key(text: str, id: UUID) -> tuple[ApiKey, Run]:
    key, run = api_keys.check(text, "publish"), _find(id)
    if run.api_key_id != key.pk:
        raise Problem(403, "Another API key began this run: use that one.")
    return key, run


def _authorized(scope: Scope, text: str, run: Run) -> Scope:
    """The request of a program, with a token of its own for this run: a feed knows no API keys."""
    key, _ = _of_key(text, run.pk)
    owner: User = run.owner
    token = tokens.sign(tokens.claims(owner, [run.topic], TOKEN_S, own=False, key=key.pk))
    headers = [field for field in scope["headers"] if field[0] != b"authorization"]
    return {**scope, "headers": [*headers, (b"authorization", f"Bearer {token}".encode())]}


def _has_ended(id: UUID) -> bool:
    return not Run.objects.filter(pk=id, ended_at=None).exists()
