"""The hub's part in the lifespan of an ASGI server, and around it that of another application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hub.support.asgi import ASGIApplication, Receive, Scope, Send

STARTUP, SHUTDOWN = "lifespan.startup", "lifespan.shutdown"

logger = logging.getLogger(__name__)


class Lifespan:
    """Starts another application before the hub, and stops it after. One that has no lifespan is left out."""

    def __init__(
        self,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        other: ASGIApplication | None = None,
    ) -> None:
        self._start = start
        self._stop = stop
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        other = _Other(self._other, scope) if self._other is not None else None
        while True:
            message = await receive()
            if message["type"] == STARTUP:
                failure = await other.pass_on(message) if other is not None else None
                if failure is not None:
                    return await send(failure)
                await self._start()
                await send({"type": f"{STARTUP}.complete"})
            else:
                await self._stop()
                failure = await other.pass_on(message) if other is not None else None
                return await send(failure or {"type": f"{SHUTDOWN}.complete"})


class _Other:
    """The lifespan of the other application, in a task of its own."""

    def __init__(self, application: ASGIApplication, scope: Scope) -> None:
        self._to: asyncio.Queue[Any] = asyncio.Queue()
        self._from: asyncio.Queue[Any] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(application, scope))

    async def pass_on(self, message: Any) -> Any:
        """Its answer if it has failed; None if it has not, or has no lifespan."""
        if self._task.done():
            return None
        self._to.put_nowait(message)
        answer = await self._from.get()
        return answer if answer is not None and answer["type"].endswith(".failed") else None

    async def _run(self, application: ASGIApplication, scope: Scope) -> None:
        try:
            await application(scope, self._to.get, self._from.put)
        except Exception as error:
            # By the specification, one that raises has none.
            logger.info("the application beside the hub has no lifespan: %r", error)
        finally:
            self._from.put_nowait(None)
