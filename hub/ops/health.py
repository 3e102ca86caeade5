"""`/livez`: the loop turns. `/readyz`: what is appended now would be delivered by this instance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from hub.delivery.fanout import Fanout
from hub.feeds.endpoint import Feeds
from hub.log import Log
from hub.support.asgi import Send, respond_json

ASK_EVERY_S = 1.0  # the database is asked no oftener, whoever asks
WAIT_S = 3.0  # and not waited for longer
SILENCE_S = 8.0  # not heard for so long: deaf, whatever the connection says


class Health:
    def __init__(
        self, log: Log, feeds: Feeds, fanout: Fanout, database: Callable[[], Awaitable[str]]
    ) -> None:
        self._log = log
        self._feeds = feeds
        self._fanout = fanout
        self._database = database
        self._asked_at = float("-inf")
        self._asking: asyncio.Future[str] | None = None

    async def live(self, send: Send) -> None:
        await respond_json(send, 200, {"status": "live"})

    async def ready(self, send: Send) -> None:
        reasons = []
        if self._feeds.draining:
            reasons.append("draining: this instance is leaving")
        if self._log.silence() > SILENCE_S:
            reasons.append("log: not heard, check HUB_REDIS_URL and Redis")
        elif not self._fanout.hearing:
            reasons.append("log: heard again, catching up")
        if trouble := await self._trouble():
            reasons.append(f"database: {trouble}")
        status = "not ready" if reasons else "ready"
        await respond_json(send, 503 if reasons else 200, {"status": status, "reasons": reasons})

    async def _trouble(self) -> str:
        """Why the database cannot be used: one question for all, and none beside one that hangs."""
        now = time.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked_at >= ASK_EVERY_S):
            self._asking, self._asked_at = asyncio.ensure_future(self._database()), now
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(self._asking)
        except TimeoutError:
            return f"does not answer within {WAIT_S:g} s"
        except Exception as error:
            return f"cannot be asked: {type(error).__name__}"
