"""A stream for asyncio: the I/O that its core asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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

CONNECT_S = 20.0
M = TypeVar("M")
TokenSource = str | Callable[[], Awaitable[str]]


class AsyncStream(Generic[M]):
    """An asynchronous iterator of what a stream brings, over all its connections; close it, or use it in an
    ``async with`` block. Iterated by one task; others may close it."""

    def __init__(self, client: httpx.AsyncClient, url: str, core: StreamCore[M], token: TokenSource) -> None:
        self._client = client
        self._url = url
        self._core = core
        self._token = token
        self._steps = core.steps()
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._closed = False

    @property
    def last_event_id(self) -> str | None:
        """Where a later one would go on."""
        return self._core.last_event_id

    async def aclose(self) -> None:
        """End the iteration, of another task, too."""
        self._closed = True
        self._steps.close()
        await self._disconnect()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> M:
        reply: Any = None
        failure: Unreachable | None = None
        try:
            while not self._closed:
                step = self._steps.throw(failure) if failure else self._steps.send(reply)
                reply = failure = None
                if isinstance(step, Give):
                    message: M = step.message
                    return message
                try:
                    reply = await self._perform(step)
                except Unreachable as error:
                    failure = error
        except StopIteration:
            raise StopAsyncIteration from None
        except BaseException:
            await self._disconnect()
            raise
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _perform(self, step: Step) -> Any:
        match step:
            case Call(request):
                return await send(self._client, self._url, request)
            case Connect(request):
                return await self._connect(request)
            case Read(timeout_s):
                return await self._read(timeout_s)
            case Close():
                return await self._disconnect()
            case Sleep(seconds):
                return await asyncio.sleep(seconds)
            case GetToken():
                return self._token if isinstance(self._token, str) else await self._token()

    async def _connect(self, request: Request) -> Answer:
        await self._disconnect()
        with transport.reaching():
            prepared = transport.prepared(self._client, self._url, request, timeout=transport.FEED_TIMEOUT)
            async with asyncio.timeout(CONNECT_S):
                response = await self._client.send(prepared, stream=True)
                if response.status_code != 200:
                    try:
                        return transport.answer(response, await response.aread())
                    finally:
                        await response.aclose()
        self._response, self._chunks = response, response.aiter_raw()
        return transport.answer(response, b"")

    async def _read(self, timeout_s: float) -> bytes:
        if self._chunks is None:
            raise Unreachable("the connection was closed")
        with transport.reaching():
            async with asyncio.timeout(timeout_s):
                return await anext(self._chunks, b"")

    def _cut(self) -> None:
        """End the connection under whoever reads it."""
        if self._response is not None:
            transport.shut_down(self._response)

    async def _disconnect(self) -> None:
        response, self._response, self._chunks = self._response, None, None
        if response is not None:
            await response.aclose()


async def run(client: httpx.AsyncClient, url: str, steps: CallSteps, key: str = "") -> Any:
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
            await asyncio.sleep(step.seconds)
            continue
        try:
            reply = await send(client, url, step.request, key)
        except Unreachable as error:
            failure = error


async def send(client: httpx.AsyncClient, url: str, request: Request, key: str = "") -> Answer:
    with transport.reaching():
        response = await client.send(transport.prepared(client, url, request, key))
        return transport.answer(response, response.content)
