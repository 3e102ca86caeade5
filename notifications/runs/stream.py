"""The stream of one run: a feed of its topic alone, from its beginning on, that ends with the run.

It is the hub's feed in other words: who may read, limits, resuming, heartbeats and socket are those of the
feed. Tokens from before the reader are joined into one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from hub.events import Encoded
from hub.feeds.sse import chunked
from hub.feeds.translation import EXTENSION
from hub.feeds.transports import Headers
from hub.log import Log
from hub.support.asgi import ASGIApplication, Receive, Scope, Send
from hub.support.threads import in_thread
from notifications.models import Run
from notifications.runs import lifecycle, text
from notifications.runs.formats import Format
from notifications.runs.formats.events import RunEvent, blocks, joined, shared_blocks
from notifications.runs.production import TOKEN

NOTHING = chunked(b"")
LAST_NOTICES = ("retire", "stream-error")  # before a response ends that does not end the run


class RunStream:
    """Answers one request with the stream of a run: the `hub.feeds.translation` of its feed. With
    ``only_open`` a run that has ended is answered 204. ``named`` adds to the headers of the response."""

    def __init__(
        self,
        log: Log,
        run: Run,
        format: Format,
        *,
        only_open: bool = False,
        named: Callable[[Headers], Headers] = list,
    ) -> None:
        self.empty = only_open and run.ended_at is not None
        self.resumable = format.resumable
        self.incomplete = self.over = False
        self._log = log
        self._run = run
        self._format = format
        self._named = named
        self._kept: list[RunEvent] | None = []  # of the replay, or since a gap; None while there is neither
        self._gap: RunEvent | None = None  # the log has lost events that the reader was to have
        self._whole_upto = 0  # the position up to which the reader has the text, since a gap

    async def __call__(
        self,
        feeds: ASGIApplication,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        after: int | None = None,
        ticket: str = "",
        wait: str | None = None,
    ) -> None:
        """Open the feed of the run; ``after`` is the position to resume from, None for the beginning. With a
        ``wait``, the feed's parameter as it was given, it is polled."""
        query = {
            "topic": self._run.topic,
            "own": "0",
            "last_event_id": str(self._run.began_position if after is None else after),
            **({"ticket": ticket} if ticket else {}),
            **({} if wait is None else {"wait": wait}),
        }
        feed = {
            **scope,
            "path": "/feed/",
            "method": "GET" if scope["method"] == "POST" else scope["method"],
            "query_string": urlencode(query).encode(),
            "headers": [field for field in scope["headers"] if field[0] != b"last-event-id"],
            "extensions": {**scope.get("extensions", {}), EXTENSION: self},
        }
        await feeds(feed, receive, send)

    def fields(self, headers: Headers) -> Headers:
        return self._named([*headers, *self._format.headers])

    def translate(self, payload: bytes) -> Encoded:
        found = shared_blocks(payload) if self._kept is None else blocks(payload)
        return chunked(b"".join([one if isinstance(one, bytes) else self._received(one) for one in found]))

    def translate_chunk(self, chunk: bytes) -> bytes | None:
        if self._kept is None and not self._whole_upto and not self.over:
            return self._format.token(chunk)
        return None

    async def translate_poll(self, payload: bytes) -> bytes:
        found = [self.translate(payload).payload]
        self.incomplete = self._gap is not None  # also where the poll breaks off a long replay
        while self.incomplete:
            found.append((await self.complete()).payload)
        return b"".join([*found, self._sent(joined(self._kept or ()))])

    async def complete(self) -> Encoded:
        """The reader begins anew, with the whole text, and what else is left."""
        if self._gap is None or self._kept is None:
            return NOTHING
        if not self._run.folded:  # other instances may have yet to store what they appended
            await asyncio.sleep(text.SETTLED_S)
        gap, kept, number = self._gap, self._kept, len(self._kept)
        run = await in_thread(Run.objects.get, pk=self._run.pk)
        upto = max(int(gap.data["position"]), *(int(event.id or 0) for event in kept[:number]), 0)
        whole = await text.upto(self._log, run, upto)
        if self._gap is not gap:
            return NOTHING  # more was lost meanwhile
        others = [event for event in kept[:number] if event.type != TOKEN]
        if run.ended_position is not None and not any(event.ends for event in others):
            others.append(RunEvent.of(*lifecycle.last_event(run), str(run.ended_position)))
        # Its id is below those that follow: a reader drops what has an id that it knows.
        id = min([upto, *(int(event.id) - 1 for event in others if not event.is_notice)])
        anew = [RunEvent.of(TOKEN, {"text": whole}, str(id))] if whole else []
        sent = self._sent([gap, *anew, *others])
        self._kept, self._gap, self.incomplete, self._whole_upto = None, None, False, upto
        return chunked(b"".join([sent, *map(self._received, kept[number:])]))

    def _received(self, event: RunEvent) -> bytes:
        """What the reader is sent of an event, now."""
        if event.type == "stream-reset":
            self._gap = event
            if self._kept is None:
                self._kept, self.incomplete = [], True
            return b""
        if self._kept is None:
            known = self._whole_upto and event.type == TOKEN and int(event.id) <= self._whole_upto
            return b"" if known else self._sent([event])
        if event.type == "stream-live" and self._gap is None:
            kept, self._kept = self._kept, None
            return self._sent([*joined(kept), event])
        passes = event.is_notice and event.type != "stream-live" and not self.incomplete
        if passes or event.type in LAST_NOTICES:
            return self._sent([event])
        self.incomplete = self.incomplete or event.type == "stream-live"
        self._kept.append(event)
        return b""

    def _sent(self, events: Iterable[RunEvent]) -> bytes:
        found = []
        for event in events:
            if self.over:
                break
            found.append(self._format.encode(event))
            if event.ends:
                found.append(self._format.end())
                self.over = True
        return b"".join(found)
