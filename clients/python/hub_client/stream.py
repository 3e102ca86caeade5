"""A stream that blocks: the I/O that its core asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from hub_client import transport
from hub_client.errors import Unreachable
from hub_client.steps import (
    Answer,
    Call,
    CallSteps,
    Close,
    Connect,
    GetToken,
    Give,
    Read,
    Request,
    Sleep,
    Step,
)
from hub_client.stream_core import StreamCore
from hub_client.watchdog import Watchdog

M = TypeVar("M")
TokenSource = str | Callable[[], str]


class Stream(Generic[M]):
    """An iterator of what a stream brings, over all its connections; close it, or use it in a ``with`` block.

    Iterated by one thread; others may close it.
    """

    def __init__(self, client: httpx.Client, url: str, core: StreamCore[M], token: TokenSource) -> None:
        self._client = client
        self._url = url
        self._core = core
        self._token = token
        self._steps = core.steps()
        self._response: httpx.Response | None = None
        self._chunks: Any = None
        self._watchdog: Watchdog | None = None
        self._reading = threading.Lock()
        self._closed = threading.Event()

    @property
    def last_event_id(self) -> str | None:
        """Where a later one would go on."""
        return self._core.last_event_id

    def close(self) -> None:
        """End the iteration, of another thread, too."""
        self._closed.set()
        self._cut()
        if self._reading.acquire(blocking=False):
            self._end()
            self._reading.release()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> M:
        with self._reading:
            return self._next()

    def _next(self) -> M:
        reply: Any = None
        failure: Unreachable | None = None
        try:
            while not self._closed.is_set():
                step = self._steps.throw(failure) if failure else self._steps.send(reply)
                reply = failure = None
                if isinstance(step, Give):
                    message: M = step.message
                    return message
                try:
                    reply = self._perform(step)
                except Unreachable as error:
                    failure = error
        except BaseException:
            self._end()
            raise
        self._end()
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _perform(self, step: Step) -> Any:
        match step:
            case Call(request):
                return send(self._client, self._url, request)
            case Connect(request):
                return self._connect(request)
            case Read(timeout_s):
                return self._read(timeout_s)
            case Close():
                return self._disconnect()
            case Sleep(seconds):
                return self._closed.wait(seconds)
            case GetToken():
                return self._token if isinstance(self._token, str) else self._token()

    def _connect(self, request: Request) -> Answer:
        self._disconnect()
        with transport.reaching():
            prepared = transport.prepared(self._client, self._url, request, timeout=transport.FEED_TIMEOUT)
            response = self._client.send(prepared, stream=True)
            if response.status_code != 200:
                try:
                    return transport.answer(response, response.read())
                finally:
                    response.close()
        self._response, self._chunks = response, response.iter_raw()
        self._watchdog = Watchdog(self._cut)
        return transport.answer(response, b"")

    def _read(self, timeout_s: float) -> bytes:
        if self._watchdog is None:
            raise Unreachable("the connection was closed")
        self._watchdog.wait_for(timeout_s)
        with transport.reaching():
            chunk: bytes = next(self._chunks, b"")
            return chunk

    def _cut(self) -> None:
        """End the connection under whoever reads it."""
        response = self._response
        if response is not None:
            transport.shut_down(response)

    def _end(self) -> None:
        self._steps.close()
        self._disconnect()

    def _disconnect(self) -> None:
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.stop()
        response, self._response = self._response, None
        if response is not None:
            response.close()


def run(client: httpx.Client, url: str, steps: CallSteps, key: str = "") -> Any:
    """Do as the core asks; what it returns."""
    reply: Any = None
    failure: Unreachable | None = None
    while True:
        try:
            step = steps.throw(failure) if failure else steps.send(reply)
        except StopIteration as done:
            return done.value
        reply = failure = None
        if isinstance(step, Sleep):
            time.sleep(step.seconds)
            continue
        try:
            reply = send(client, url, step.request, key)
        except Unreachable as error:
            failure = error


def send(client: httpx.Client, url: str, request: Request, key: str = "") -> Answer:
    with transport.reaching():
        response = client.send(transport.prepared(client, url, request, key))
        return transport.answer(response, response.content)
