"""A producer that streams its events in the body of one request: appended while they arrive.

Under the name that a producer gives its stream, the log remembers how many of its events were appended. So a
stream that is sent again, from its beginning or from wherever, to any instance, appends none twice: also
while an earlier request of the same stream is still served somewhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from hub import topics
from hub.errors import Problem
from hub.log import LogAway, LogRefused, RateExceeded, Terms
from hub.log.current import shared_log
from hub.log.series import OutOfSeries
from hub.support.asgi import Receive
from hub.support.threads import in_thread
from notifications.access import api_keys
from notifications.access.quotas import quotas
from notifications.models import ApiKey, Run
from notifications.runs.ndjson import BadLine, LineReader
from notifications.runs.production import MAX_EVENTS, Entry, OpenRun
from notifications.runs.shared import production
from notifications.runs.writer import GATHER_S

MAX_PENDING_EVENTS = 2 * MAX_EVENTS  # beyond it, or …
MAX_PENDING_BYTES = 256 * 1024  # … no more is read of the body
CHECK_S = 15.0  # between two looks whether the run is open and the key valid, beside being told of an end
RETRY_S = 0.25  # while the log is away
CUT_S = 5.0  # for which what a producer that is gone has sent waits for the log
ASKING = "?"  # a digest that no append of a series has


class Received(NamedTuple):
    """What became of a body: the position of the last event that was appended from it, whether the producer
    is to stop, and how many events of its stream are appended."""

    position: int | None
    stop: bool
    events: int


class Ingestion:
    """One body. ``stream`` is the producer's name for what it sends, with which it is sent again, or empty;
    ``first`` is the number of this body's first event in it."""

    def __init__(self, run: UUID, bearer: str, key: ApiKey, stream: str, first: int) -> None:
        self._run = run
        self._bearer = bearer
        self._key = key
        self._series = f"run:{run.hex}:{key.pk}:{stream or secrets.token_urlsafe(8)}"
        self._named = bool(stream)
        self._skipped = 0  # events that come in this body and are appended already
        self._appended = first  # events of the stream
        self._position: int | None = None
        self._pending: deque[Entry] = deque()
        self._bytes = 0  # that are pending
        self._complete = False  # nothing more will be read
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._reading: asyncio.Task[bool] | None = None
        self._leaving = False

    async def run(self, receive: Receive, ended: Callable[[float], Awaitable[None]]) -> Received | None:
        """Append what comes; None if the producer has left without its end.

        ``ended`` returns once the run ends. Raises `LogAway`, and a `Problem`: of 401 or 403 for a key that
        was revoked, of 409 for a gap in the stream, of 413 or 422 for a line that is no event, after which
        nothing is appended, of 503 if the instance leaves.
        """
        open = await in_thread(production.open, self._run, self._key.pk)
        if open.ended:
            return self._received(stop=True)
        if self._named:
            await self._ask()
        production.renew(self._run)
        over = asyncio.create_task(self._until_over(ended))
        writing = asyncio.create_task(self._write())
        self._reading = asyncio.create_task(self._read(receive, open))
        if self._leaving:
            self._reading.cancel()
        try:
            return await self._finish(self._reading, writing, over)
        finally:
            for task in (self._reading, writing, over):
                task.cancel()

    def leave(self) -> None:
        """Have the producer go on at another instance."""
        self._leaving = True
        if self._reading is not None:
            self._reading.cancel()

    async def _finish(
        self, reading: asyncio.Task[bool], writing: asyncio.Task[None], over: asyncio.Task[None]
    ) -> Received | None:
        await asyncio.wait([reading, writing, over], return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            self._complete = True
            self._wake.set()
            gone = not reading.cancelled() and reading.exception() is None and not reading.result()
            seconds = CUT_S if gone else None
            await asyncio.wait([writing, over], return_when=asyncio.FIRST_COMPLETED, timeout=seconds)
        if over.done():
            over.result()
            return self._received(stop=True)
        if writing.done():
            writing.result()
        if reading.cancelled():
            detail = self._going_on("This instance is leaving")
            raise Problem(503, detail, retry_after=1, events=self._appended)
        try:
            return self._received() if reading.result() else None
        except BadLine as bad:
            problem = bad.problem
            detail = f"{problem.detail} {self._going_on('Nothing from it on was appended')}"
            members = {**problem.members, "events": self._appended}
            raise Problem(problem.status, detail, **members) from None

    async def _ask(self) -> None:
        """Learn what of the stream is appended already."""
        try:
            await shared_log().append_grouped([], self._terms(ASKING, ASKING))
        except OutOfSeries as found:
            self._skip_to(int(found.last))

    def _skip_to(self, appended: int) -> None:
        if appended < self._appended:
            self._appended = appended
            raise Problem(409, self._going_on("Events of this stream are missing"), events=appended)
        skipped, self._appended = appended - self._appended, appended
        while skipped and self._pending:
            self._drop(1)
            skipped -= 1
        self._skipped += skipped

    async def _read(self, receive: Receive, open: OpenRun) -> bool:
        """Read the body; whether it came to its end."""
        reader = LineReader(topics.run(self._run.hex))
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            number = reader.number
            for entry in reader.feed(message.get("body", b"")):
                await self._put(entry, open)
            if reader.number > number:
                production.renew(self._run)
            if not message.get("more_body", False):
                for entry in reader.end():
                    await self._put(entry, open)
                return True

    async def _put(self, entry: Entry, open: OpenRun) -> None:
        while len(self._pending) >= MAX_PENDING_EVENTS or self._bytes >= MAX_PENDING_BYTES:
            self._room.clear()
            await self._room.wait()
        if self._skipped:
            self._skipped -= 1
            return
        open.count([entry])
        self._pending.append(entry)
        self._bytes += len(entry.draft.body)
        self._wake.set()

    async def _write(self) -> None:
        """Append what is read until nothing more will be."""
        limit = MAX_EVENTS
        while self._pending or not self._complete:
            self._wake.clear()
            if not self._pending:
                await self._wake.wait()
            if not self._complete:
                await asyncio.sleep(GATHER_S)
            batch = list(islice(self._pending, limit))
            if not batch:
                continue
            await self._within_quotas(batch)
            try:
                await self._append(batch)
                limit = MAX_EVENTS
            except RateExceeded as exceeded:
                limit = max(1, len(batch) // 2)
                await self._pause(min(exceeded.seconds, 1))
            except LogRefused:
                raise
            except LogAway:
                await self._pause(RETRY_S)

    async def _append(self, batch: list[Entry]) -> None:
        upto = self._appended + len(batch)
        try:
            terms = self._terms(str(upto), str(self._appended))
            self._position = await production.append_counted(self._run, batch, terms)
        except OutOfSeries as found:
            return self._skip_to(int(found.last))
        self._appended = upto
        self._drop(len(batch))

    async def _within_quotas(self, batch: list[Entry]) -> None:
        while seconds := quotas.wait(self._key.pk, "events", "bytes"):
            await self._pause(min(seconds, 1))
        quotas.add(self._key.pk, events=len(batch), bytes=sum(len(one.draft.body) for one in batch))

    async def _pause(self, seconds: float) -> None:
        production.renew(self._run)
        await asyncio.sleep(seconds)

    async def _until_over(self, ended: Callable[[float], Awaitable[None]]) -> None:
        """Return once the run has ended. Raises a `Problem` of 401 or 403 if the key may produce no more."""
        while not await in_thread(self._is_over):
            await ended(CHECK_S)

    def _is_over(self) -> bool:
        api_keys.check(self._bearer, "publish")
        return not Run.objects.filter(pk=self._run, ended_at=None).exists()

    def _drop(self, number: int) -> None:
        """Forget the first of what is pending."""
        for _ in range(number):
            self._bytes -= len(self._pending.popleft().draft.body)
        self._room.set()

    def _terms(self, digest: str, follows: str) -> Terms:
        return Terms(key=self._series, digest=digest, series=True, follows=follows)

    def _received(self, *, stop: bool = False) -> Received:
        return Received(self._position, stop, self._appended)

    def _going_on(self, why: str) -> str:
        number = self._appended
        return f"{why}: {number} events of the stream are appended, go on with the next (?from={number})."
