"""Django in its synchronous mode, each request in one thread of a bounded pool.

Django's own ASGI handler changes threads for each of its middlewares, and keeps one per open request. No view
of the hub streams; a streaming response is joined before it is sent.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from typing import IO, Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from prometheus_client import Histogram

from hub.errors import Problem
from hub.server import body_limits, cors
from hub.support import mount, outages, threads
from hub.support.asgi import Receive, Scope, Send, respond_problem
from hub.support.headers import fields, with_one_cookie

MAX_MEMORY_BYTES = 1024 * 1024  # of a body; a larger one goes to a temporary file
DURATION_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
RESPONSE_TIMEOUT_S = 30.0  # a slower response waits for a database or log that is unavailable: 503


class DjangoHandler(BaseHandler):
    """The ASGI application for all paths that are not the hub's endpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()
        self.durations = Histogram(
            "hub_request_seconds",
            "Time to answer pages and API requests.",
            ["kind", "status"],
            buckets=DURATION_BUCKETS_S,
            registry=None,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(
                receive, body_limits.max_bytes(scope["method"].encode(), scope["path"].encode())
            )
        except Problem as problem:
            return await respond_problem(send, problem, _cors(scope))
        if body is None:
            return
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        response = loop.run_in_executor(threads.PAGE_THREADS, self._respond, scope, body)
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                status, headers, content = await response
        except Exception as error:
            self._measure(scope, 503, began)
            return await respond_problem(send, outages.problem(error, "answering a page"), _cors(scope))
        self._measure(scope, status, began)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _measure(self, scope: Scope, status: int, began: float) -> None:
        labels = _kind(scope["path"]), f"{status // 100}xx"
        self.durations.labels(*labels).observe(time.perf_counter() - began)

    def _respond(self, scope: Scope, body: IO[bytes]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        set_script_prefix("/")
        scope = {**scope, "headers": with_one_cookie(scope["headers"])}
        signals.request_started.send(sender=self.__class__, scope=scope)
        response: HttpResponseBase
        with body:
            try:
                response = self.get_response(ASGIRequest(scope, body))
            except (UnicodeDecodeError, RequestDataTooBig):
                response = HttpResponse("The request cannot be read.", status=400)
            content = b"".join(response)
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        headers += [
            (b"Set-Cookie", cookie.output(header="").strip().encode("ascii"))
            for cookie in response.cookies.values()
        ]
        response.close()
        return response.status_code, headers, content


def _cors(scope: Scope) -> list[tuple[bytes, bytes]]:
    found = cors.api_headers(fields(scope["headers"]).get("origin"))
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in found.items()]


def _kind(path: str) -> str:
    """The metric label of a path: one of three, whatever paths clients make up."""
    if mount.below(path).startswith(settings.HUB_API_PATH):
        return "api"
    return "static" if path.startswith("/static/") else "page"


async def _read(receive: Receive, limit: int) -> Any:
    """The body as a file; None if the client left; raise a `Problem` if it is too large."""
    body = tempfile.SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            body.close()
            raise body_limits.too_large(limit)
        body.write(chunk)
        if not message.get("more_body", False):
            body.seek(0)
            return body
