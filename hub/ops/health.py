"""`/livez`: the event loop runs. `/readyz`: this instance delivers what is appended now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from hub.delivery.fanout import Fanout
from hub.feeds.endpoint import Feeds
from hub.log import Log
from hub.postgresql.connection import breaker
from hub.support.asgi import Send, respond_json

DATABASE_CHECK_EVERY_S = 1.0  # at most, however many probes there are
DATABASE_TIMEOUT_S = 3.0
MAX_SILENCE_S = 8.0  # without anything from the log, not even a probe: disconnected, whatever the socket says


class Health:
    """Answers the probes. ``check_database`` returns what is wrong with the database, "" if nothing is."""

    def __init__(
        self, log: Log, *, feeds: Feeds, fanout: Fanout, check_database: Callable[[], Awaitable[str]]
    ) -> None:
        self._log = log
        self._feeds = feeds
        self._fanout = fanout
        self._check_database = check_database
        self._checked_at = float("-inf")
        self._checking: asyncio.Future[str] | None = None

    async def live(self, send: Send) -> None:
        await respond_json(send, 200, {"status": "live"})

    async def ready(self, send: Send) -> None:
        reasons = []
        if self._feeds.draining:
            reasons.append("draining: this instance is shutting down or was told to drain")
        if refused := self._log.trouble():
            reasons.append(f"log: {refused}")
        elif self._log.silence() > MAX_SILENCE_S:
            reasons.append("log: nothing received, check HUB_REDIS_URL and Redis")
        elif not self._fanout.live:
            reasons.append("log: reconnected, catching up")
        if trouble := await self._database_trouble():
            reasons.append(f"database: {trouble}")
        status = "not ready" if reasons else "ready"
        await respond_json(send, 503 if reasons else 200, {"status": status, "reasons": reasons})

    async def _database_trouble(self) -> str:
        """Why the database cannot be used. One check for all probes, and no second one while one hangs."""
        if breaker.away:
            return "does not answer"
        now = time.monotonic()
        due = now - self._checked_at >= DATABASE_CHECK_EVERY_S
        if self._checking is None or (self._checking.done() and due):
            self._checking, self._checked_at = asyncio.ensure_future(self._check_database()), now
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S):
                return await asyncio.shield(self._checking)
        except TimeoutError:
            return f"does not answer within {DATABASE_TIMEOUT_S:g} s"
        except Exception as error:
            return f"cannot be checked: {type(error).__name__}"
