"""The calls about runs that wait or stream: they run on the event loop, beside the pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from hub.errors import Problem
from hub.feeds.request import RESUME
from hub.log.current import shared_log
from hub.posts import refusals
from hub.server import cors
from hub.support import outages
from hub.support.asgi import ASGIApplication, Receive, Scope, Send, respond_json, respond_problem
from hub.support.headers import fields
from hub.support.request import Query, Request, position
from hub.support.threads import in_thread
from notifications.access import api_keys, requests, tokens
from notifications.models import ApiKey, Run
from notifications.runs import access, begun_stream, formats, ndjson, stops
from notifications.runs.ingestion import Ingestion
from notifications.runs.ingestions import ingestions
from notifications.runs.stream import RunStream
from notifications.user_model import User

PREFIX = "/api/v1/runs/"
BEGIN_PATH = f"{PREFIX}stream"
_PATH = re.compile(r"/api/v1/runs/([0-9a-f-]{36})/(stream|stop|events)")
_STREAM_NAME = re.compile("[ -~]{1,255}")
_NUMBER = re.compile("[0-9]{1,15}")
MAX_WAIT_S = 60
TOKEN_S = tokens.MAX_TTL_S  # of the token with which an API key opens a stream, which ends with it
STREAM_PARAMETERS = frozenset({"format", "open", "ticket", "wait", *RESUME})
STOP_PARAMETERS = frozenset({"wait"})
EVENTS_PARAMETERS = frozenset({"from"})


def route(scope: Mapping[str, Any], feeds: ASGIApplication, pages: ASGIApplication) -> ASGIApplication | None:
    """What answers ``GET …/stream``, ``GET …/stop?wait=``, a streamed ``POST …/events`` and ``POST
    /api/v1/runs/stream``; None for other requests. ``feeds`` is the hub's feed, which carries the streams,
    and ``pages`` begins runs."""
    path: str = scope["path"]
    if path == BEGIN_PATH and scope["method"] == "POST":
        return partial(begun_stream.answer, feeds, pages)
    found = _PATH.fullmatch(path) if path.startswith(PREFIX) else None
    if found is None:
        return None
    answer: Callable[[UUID, Scope, Receive, Send], Awaitable[None]]
    match found[2]:
        case "stream":
            answer = partial(_stream, feeds)
        case "stop" if scope["method"] == "GET":
            answer = _wait
        case "events" if _is_ndjson(scope["method"], fields(scope["headers"]).get("content-type", "")):
            answer = _produce
        case _:
            return None

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await _refusing(answer, found[1], scope, receive, send)

    return respond


def streams_body(path: str, method: str, content_type: str) -> bool:
    """Whether a request has its body read while it arrives."""
    if not (path.startswith(PREFIX) and _is_ndjson(method, content_type)):
        return False
    found = _PATH.fullmatch(path)
    return found is not None and found[2] == "events"


def _is_ndjson(method: str, content_type: str) -> bool:
    return method == "POST" and content_type.partition(";")[0].strip().lower() == ndjson.CONTENT_TYPE


async def _stream(feeds: ASGIApplication, id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    query = Query(scope["query_string"], STREAM_PARAMETERS)
    format = formats.by_name(query.one("format"), str(id))
    wait = query.one("wait") if "wait" in query.names else None
    if wait is not None and query.one("format"):
        raise Problem(
            400, "A poll, with wait, brings events from a position, which no format has: leave it out."
        )
    given = [position(query.one(name)) for name in RESUME & query.names]
    after = max((one for one in given if one is not None), default=None)
    in_header = position(request.headers.get("last-event-id", ""))
    run = await in_thread(_find, id)
    bearer = _key(request)
    if bearer:
        scope = await in_thread(_authorized, scope, bearer, run)
    after = after if in_header is None else in_header
    stream = RunStream(shared_log(), run, format, only_open=_flag(query.one("open")))
    await stream(feeds, scope, receive, send, after=after, ticket=query.one("ticket"), wait=wait)


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
    headers = cors.api_fields(Request(scope).origin)
    await respond_json(send, 200, {"stop": await in_thread(_has_ended, id)}, headers=headers)


async def _produce(id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
    """Append the events of a body while they arrive."""
    send = partial(_closing, send) if scope["http_version"].startswith("1") else send
    request = Request(scope)
    fields = cors.api_fields(request.origin)
    try:
        request.check(settings.ALLOWED_HOSTS, tls=settings.HUB_TLS)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "Lines are read as they come: send them without Content-Encoding.")
        stream = request.headers.get("idempotency-key", "")
        first = _first(Query(scope["query_string"], EVENTS_PARAMETERS).one("from"), stream)
        bearer = requests.api_key(request.headers.get("authorization"))
        key = await in_thread(api_keys.check, bearer, "publish")
        async with stops.waiting(id) as ended:
            one = Ingestion(id, bearer, key, stream, first)
            received = await ingestions.run(one, key, receive, ended)
    except Exception as error:
        problem = refusals.problem(error) or outages.problem(error, "producing a run")
        return await respond_problem(send, problem, fields)
    if received is not None:
        position = None if received.position is None else str(received.position)
        answer = {"position": position, "stop": received.stop, "events": received.events}
        await respond_json(send, 200, answer, headers=fields)


def _first(text: str, stream: str) -> int:
    """The number in its stream of a body's first event."""
    if stream and not _STREAM_NAME.fullmatch(stream):
        raise Problem(422, "An Idempotency-Key has 1 to 255 printable ASCII characters.")
    if text and not _NUMBER.fullmatch(text):
        raise Problem(400, "from is the number of events of the stream that come before this body.")
    if text and not stream:
        raise Problem(400, "from goes with an Idempotency-Key, which names the stream: send both.")
    return int(text or 0)


async def _closing(send: Send, message: MutableMapping[str, Any]) -> None:
    """Send it with the end of the connection, on which a part of the body may still come."""
    if message["type"] == "http.response.start":
        message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
    await send(message)


async def _refusing(
    answer: Callable[[UUID, Scope, Receive, Send], Awaitable[None]],
    id: str,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    request = Request(scope)
    try:
        request.check(settings.ALLOWED_HOSTS, tls=settings.HUB_TLS)
        await answer(_id(id), scope, receive, send)
    except Exception as error:
        problem = error if isinstance(error, Problem) else outages.problem(error, "answering about a run")
        await respond_problem(send, problem, cors.api_fields(request.origin))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, access.MISSING) from None


def _flag(text: str) -> bool:
    if text not in ("", "0", "1"):
        raise Problem(400, "open is 1 or 0: with 1 a run that has ended is answered 204.")
    return text == "1"


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
