"""The endpoint where programs publish live events, an ASGI application: no thread, no query for a key that is
known, and one round trip to the log for all who publish at the same time.

Only `POST`: the other methods of its path are the API's.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from prometheus_client import Histogram

from hub.delivery.endpoint import EndpointOptions
from hub.errors import Problem
from hub.events import Draft
from hub.log import Log, Terms
from hub.policies import checks
from hub.ports import Publisher
from hub.posts import body as bodies
from hub.posts.body import FieldError
from hub.posts.reply import Reply, reply
from hub.server import body_limits
from hub.support import origins
from hub.support.asgi import Receive, Scope, Send
from hub.support.headers import fields

IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")

logger = logging.getLogger(__name__)


class Accepted(NamedTuple):
    """What a request appends, and whether it came as a list."""

    drafts: list[Draft]
    terms: Terms
    many: bool


class PostEndpoint:
    """``publisher`` says who sent a request, by its headers, or raises a `Problem` of 401 or 403; ``known``
    the same without waiting, or None."""

    def __init__(
        self,
        log: Log,
        publisher: Callable[[Mapping[str, str]], Awaitable[Publisher]],
        options: EndpointOptions,
        durations: Histogram,
        known: Callable[[Mapping[str, str]], Publisher | None],
    ) -> None:
        self._log = log
        self._publisher = publisher
        self._known = known
        self._options = options
        self._durations = durations
        self._open = 0  # requests that are not answered yet
        self._idle = asyncio.Event()
        self._idle.set()
        self._lookups: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = self._begin()
        try:
            headers = fields(scope["headers"])
            made = await self._published(headers, scope.get("scheme", ""), receive)
            if made is not None:
                await _send(send, self._measured(made, began))
        finally:
            self._end()

    def post(
        self, headers: Mapping[str, str], scheme: str, body: bytes, answer: Callable[[Reply], None]
    ) -> None:
        """Serve a request that has come whole; ``answer`` is called once, perhaps before this returns.

        There is a task only for the key of a publisher that has to be looked up.
        """
        began = self._begin()

        def finish(result: list[int] | Exception, many: bool = False) -> None:
            self._end()
            answer(self._measured(reply(headers.get("origin"), result, many), began))

        def publish(publisher: Publisher) -> None:
            try:
                accepted = self._accepted(publisher, headers, body)
            except Exception as error:
                return finish(error)
            self._log.append_soon(
                accepted.drafts, accepted.terms, lambda result: finish(result, accepted.many)
            )

        async def look_up() -> None:
            try:
                publisher = await self._publisher(headers)
            except Exception as error:
                return finish(error)
            publish(publisher)

        try:
            self._check(headers, scheme)
            known = self._known(headers)
        except Exception as error:
            return finish(error)
        if known is not None:
            return publish(known)
        task = asyncio.get_running_loop().create_task(look_up(), name="publisher")
        self._lookups.add(task)
        task.add_done_callback(self._lookups.discard)

    async def drain(self, seconds: float) -> None:
        """Return once no request waits for its answer, or when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("%d requests to publish were not answered in time", self._open)
            for task in self._lookups:
                task.cancel()

    def _begin(self) -> float:
        self._open += 1
        self._idle.clear()
        return time.perf_counter()

    def _end(self) -> None:
        self._open -= 1
        if not self._open:
            self._idle.set()

    def _measured(self, made: Reply, began: float) -> Reply:
        self._durations.labels("api", f"{made.status // 100}xx").observe(time.perf_counter() - began)
        return made

    async def _published(self, headers: Mapping[str, str], scheme: str, receive: Receive) -> Reply | None:
        """Publish the events of a request; None if the client has gone."""
        many = False
        result: list[int] | Exception
        try:
            self._check(headers, scheme)
            publisher = await self._publisher(headers)
            body = await _read(receive)
            if body is None:
                return None
            drafts, terms, many = self._accepted(publisher, headers, body)
            result = await self._log.append_grouped(drafts, terms)
        except Exception as error:
            result = error
        return reply(headers.get("origin"), result, many)

    def _check(self, headers: Mapping[str, str], scheme: str) -> None:
        """Raise a `Problem` for a request that is not served."""
        if self._options.tls and scheme != "https":
            # No redirect: the key has travelled in clear already, and so would the next one.
            raise Problem(403, "The API is served over https alone: use https, and replace the key or token.")
        origins.check_host(headers.get("host", ""), self._options.hosts)

    def _accepted(self, publisher: Publisher, headers: Mapping[str, str], body: bytes) -> Accepted:
        """What a body appends. Raises what `hub.posts.refusals` makes a problem of."""
        key = headers.get("idempotency-key")
        drafts, many = bodies.parse(body, publisher.owner, _wrong_headers(key))
        publisher.check({draft.topic for draft in drafts})
        checks.check_all(drafts)
        publisher.spend(len(drafts), len(body))
        terms = Terms(publisher.owner)
        if key is not None:
            terms = Terms(publisher.owner, f"{publisher.owner}:{key}", hashlib.sha256(body).hexdigest())
        return Accepted(drafts, terms, many)


async def _send(send: Send, made: Reply) -> None:
    await send({"type": "http.response.start", "status": made.status, "headers": made.fields})
    await send({"type": "http.response.body", "body": made.content})


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
