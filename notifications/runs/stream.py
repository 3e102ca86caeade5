"""The stream of one run: a feed of its topic alone, from its beginning on, that ends with the run.

It is the hub's feed in other words: who may read, limits, resuming, heartbeats and moving to another instance
are those of the feed. Tokens from before the reader are joined into one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from hub.log import Log
from hub.support.asgi import ASGIApplication, Receive, Scope, Send
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import lifecycle, text
from notifications.runs.formats import Format
from notifications.runs.formats.events import BlockReader, RunEvent
from notifications.runs.production import TOKEN


class RunStream:
    """Answers one request with the stream of a run; ``after`` is the position to resume from, None for the
    beginning. With ``only_open`` a run that has ended is answered 204. With a ``wait``, the feed's parameter
    as it was given, the answer is a poll, which has what a stream would bring meanwhile."""

    def __init__(
        self,
        log: Log,
        run: Run,
        format: Format,
        after: int | None,
        *,
        only_open: bool = False,
        wait: str | None = None,
    ) -> None:
        self._wait = wait
        self._none = only_open and run.ended_at is not None
        self._log = log
        self._run = run
        self._format = format
        self._after = run.began_position if after is None else after
        self._reader = BlockReader()
        self._replayed: list[RunEvent] | None = []  # None once the reader is live
        self._gap: RunEvent | None = None  # the log has lost events that the replay was to bring
        self._over = asyncio.Event()

    async def __call__(
        self, feeds: ASGIApplication, scope: Scope, ticket: str, receive: Receive, send: Send
    ) -> None:
        """Open the feed of the run, and pass on what it brings."""
        start: MutableMapping[str, Any] = {}  # of the answer to a poll, which has a length

        async def pass_on(message: MutableMapping[str, Any]) -> None:
            if self._over.is_set():
                return
            if message["type"] == "http.response.start" and message["status"] == 200:
                if self._none:  # for somebody who may read it
                    return await self._send_none(message["headers"], send)
                message["headers"] = [*message["headers"], *self._format.headers]
                if self._wait is not None:
                    start.update(message)
                    return
            elif start:
                message["body"] = await self._polled(message["body"])
                length = (b"content-length", b"%d" % len(message["body"]))
                kept = [field for field in start["headers"] if field[0] != length[0]]
                await send({**start, "headers": [*kept, length]})
            elif message["type"] == "http.response.body" and message.get("more_body"):
                message["body"] = await self._translated(message["body"])
                message["more_body"] = not self._over.is_set()
                if not message["body"] and message["more_body"]:
                    return
            await send(message)

        await feeds(self._feed_scope(scope, ticket), self._until_over(receive), pass_on)

    async def _send_none(self, headers: Iterable[tuple[bytes, bytes]], send: Send) -> None:
        self._over.set()
        kept = [field for field in headers if field[0].lower() not in (b"content-type", b"content-length")]
        await send({"type": "http.response.start", "status": 204, "headers": kept})
        await send({"type": "http.response.body", "body": b""})

    def _feed_scope(self, scope: Scope, ticket: str) -> Scope:
        query = {
            "topic": self._run.topic,
            "own": "0",
            "last_event_id": str(self._after),
            **({"ticket": ticket} if ticket else {}),
            **({} if self._wait is None else {"wait": self._wait}),
        }
        headers = [field for field in scope["headers"] if field[0] != b"last-event-id"]
        # The connection stays with the server: it ends with the run.
        own = {name: value for name, value in scope.get("extensions", {}).items() if name != "hub.adopt"}
        return {
            **scope,
            "path": "/feed/",
            "query_string": urlencode(query).encode(),
            "headers": headers,
            "extensions": own,
        }

    def _until_over(self, receive: Receive) -> Receive:
        async def receive_or_end() -> MutableMapping[str, Any]:
            over = asyncio.ensure_future(self._over.wait())
            message = asyncio.ensure_future(receive())
            try:
                await asyncio.wait([over, message], return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                over.cancel()
                message.cancel()

        return receive_or_end

    async def _translated(self, data: bytes) -> bytes:
        found = bytearray()
        for block in self._reader.feed(data):
            if isinstance(block, bytes):
                found += block
                continue
            for event in await self._passed(block):
                found += self._format.encode(event)
                if event.ends:
                    found += self._format.end()
                    self._over.set()
                    return bytes(found)
        return bytes(found)

    async def _polled(self, data: bytes) -> bytes:
        """The whole answer to a poll. One that breaks off a long replay is not live at its end."""
        found = await self._translated(data)
        rest = await self._end_of_replay() if not self._over.is_set() else []
        return found + b"".join(self._format.encode(event) for event in rest)

    async def _end_of_replay(self) -> list[RunEvent]:
        replayed, self._replayed = self._replayed or [], None
        return list(joined(replayed)) if self._gap is None else await self._anew(self._gap, replayed)

    async def _passed(self, event: RunEvent) -> list[RunEvent]:
        """What this event of the feed is to the reader."""
        if event.type == "stream-reset":
            self._gap = event
            return [] if self._replayed is not None else await self._anew(event, [])
        if event.type == "stream-live":
            return [*await self._end_of_replay(), event]
        if self._replayed is None or event.is_notice:
            return [event]
        self._replayed.append(event)
        return []

    async def _anew(self, reset: RunEvent, replayed: Sequence[RunEvent]) -> list[RunEvent]:
        """The log has lost events: the reader begins anew, with the whole text, and what else is left."""
        self._gap = None
        if not self._run.folded:  # other instances may have yet to store what they appended
            await asyncio.sleep(text.SETTLED_S)
        run = await in_thread(Run.objects.get, pk=self._run.pk)
        others = [event for event in replayed if event.type != TOKEN]
        if run.ended_position is not None and not any(event.ends for event in others):
            others.append(RunEvent(*lifecycle.last_event(run), str(run.ended_position)))
        upto = int(replayed[-1].id if replayed else reset.data["position"])
        whole = await text.upto(self._log, run, upto)
        # Its id is below those that follow: a reader drops what has an id that it knows.
        id = min([upto, *(int(event.id) - 1 for event in others)])
        return [reset, *([RunEvent(TOKEN, {"text": whole}, str(id))] if whole else []), *others]


def joined(replayed: Iterable[RunEvent]) -> Iterator[RunEvent]:
    """The same events, each run of tokens joined into one under the id of its last."""
    for is_token, group in groupby(replayed, key=lambda event: event.type == TOKEN):
        events = list(group)
        if is_token:
            whole = "".join(event.data["text"] for event in events)
            yield RunEvent(TOKEN, {"text": whole}, events[-1].id)
        else:
            yield from events
