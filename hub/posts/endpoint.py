"""The endpoint where programs publish live events, an ASGI application: no thread, no query for a key that is
known, and one round trip to the log for all who publish at the same time.

Only `POST`: the other methods of its path are the API's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping

from django.db import DatabaseError, InterfaceError
from prometheus_client import Histogram
from redis.exceptions import RedisError

from hub import errors
from hub.delivery.endpoint import EndpointOptions
from hub.errors import Problem
from hub.log import Log, Terms
from hub.policies import checks
from hub.ports import Publisher
from hub.posts import body as bodies
from hub.posts import refusals
from hub.posts.body import FieldError
from hub.server import body_limits, cors
from hub.support import origins, outages
from hub.support.asgi import Receive, Scope, Send
from hub.support.headers import fields

JSON = "application/json; charset=utf-8"
IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")

logger = logging.getLogger(__name__)


class PostEndpoint:
    """``publisher`` says who sent a request, by its headers, or raises a `Problem` of 401 or 403."""

    def __init__(
        self,
        log: Log,
        publisher: Callable[[Mapping[str, str]], Awaitable[Publisher]],
        options: EndpointOptions,
        durations: Histogram,
    ) -> None:
        self._log = log
        self._publisher = publisher
        self._options = options
        self._durations = durations
        self._open = 0  # requests that are not answered yet
        self._idle = asyncio.Event()
        self._idle.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        self._open += 1
        self._idle.clear()
        try:
            await self._serve(scope, receive, send, began)
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Return once no request waits for its answer, or when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("%d requests to publish were not answered in time", self._open)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, began: float) -> None:
        headers = fields(scope["headers"])
        try:
            content = await self._publish(scope, headers, receive)
            if content is None:
                return
            status, kind, more = 201, JSON, cors.api_headers(headers.get("origin"))
        except Exception as error:
            problem = _problem(error)
            status, kind, content = problem.status, errors.CONTENT_TYPE, problem.body()
            more = {**problem.headers, **cors.api_headers(headers.get("origin"))}
        self._durations.labels("api", f"{status // 100}xx").observe(time.perf_counter() - began)
        fields_sent = [
            (b"content-type", kind.encode()),
            (b"content-length", b"%d" % len(content)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in more.items()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": fields_sent})
        await send({"type": "http.response.body", "body": content})

    async def _publish(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> bytes | None:
        """Publish the events of a request. Returns the body of the answer; None if the client has gone."""
        if self._options.tls and scope.get("scheme") != "https":
            # No redirect: the key has travelled in clear already, and so would the next one.
            raise Problem(403, "The API is served over https alone: use https, and replace the key or token.")
        origins.check_host(headers.get("host", ""), self._options.hosts)
        publisher = await self._publisher(headers)
        body = await _read(receive)
        if body is None:
            return None
        key = headers.get("idempotency-key")
        posted = bodies.parse(body, publisher.owner, _wrong_headers(key))
        drafts = posted.drafts
        publisher.check({draft.topic for draft in drafts})
        checks.check_all(drafts)
        publisher.spend(len(drafts), len(body))
        terms = Terms(publisher.owner)
        if key is not None:
            terms = Terms(publisher.owner, f"{publisher.owner}:{key}", hashlib.sha256(body).hexdigest())
        positions = await self._log.append_grouped(drafts, terms)
        if not posted.many:
            return b'{"position": "%d"}' % positions[0]
        return json.dumps({"positions": [str(position) for position in positions]}).encode()


def _wrong_headers(key: str | None) -> list[FieldError]:
    if key is None or IDEMPOTENCY_KEY.fullmatch(key):
        return []
    return [FieldError("Idempotency-Key", f"String should match pattern '^{IDEMPOTENCY_KEY.pattern}$'.")]


async def _read(receive: Receive) -> bytes | None:
    """The body of a request; None if the client has gone. Raises a `Problem` of 413."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > body_limits.MAX_LARGE_BYTES:
            raise body_limits.too_large(body_limits.MAX_LARGE_BYTES)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _problem(error: Exception) -> Problem:
    if (refused := refusals.problem(error)) is not None:
        return refused
    if isinstance(error, DatabaseError | InterfaceError | RedisError | TimeoutError | ConnectionError):
        return outages.problem(error, "a call of the API")
    logger.error("publishing failed", exc_info=error)
    return Problem(500, "Something went wrong here: it has been logged.")
