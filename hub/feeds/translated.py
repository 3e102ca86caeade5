"""Feeds whose clients read something else than the feed: the text of a run, markup for a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from hub.delivery import sockets
from hub.delivery.dialect import Dialect
from hub.delivery.readers import close_failed
from hub.delivery.subscriber import Send, Subscriber
from hub.events import Encoded
from hub.feeds.sse import unframed
from hub.feeds.translation import Translation
from hub.feeds.transports import Transport
from hub.ports import Person


class TranslatedSubscriber(Subscriber):
    """The fan-out encodes an event once for all readers of a topic, so this one translates what it is sent;
    what translations have in common they keep for the reader after it.

    The fan-out sends by `_send_directly`, which changes nothing while that goes through its readers: what was
    not sent by then is left to `queue_rest`, which the fan-out calls afterwards.
    """

    __slots__ = ("_completion", "_kept_bytes", "_socket_send", "_translation", "_unsent")

    def __init__(
        self,
        person: Person,
        *,
        address: str,
        topics: tuple[str, ...],
        dialect: Dialect,
        mailbox_bytes: int,
        translation: Translation,
    ) -> None:
        super().__init__(person, address=address, topics=topics, dialect=dialect, mailbox_bytes=mailbox_bytes)
        self._translation = translation
        self._completion: asyncio.Task[None] | None = None
        self._kept_bytes = 0  # by the translation, while it is completed
        self._unsent: Callable[[], None] = _nothing
        self._socket_send: Send | None = None

    @property
    def finishes(self) -> bool:
        return self._translation.resumable or self._translation.over

    async def replay(self, transport: Transport, payload: bytes) -> None:
        """Write a part of the replay."""
        await self._write_by(transport, self._translation.translate(payload).payload)
        while self._translation.incomplete and not self.closed:
            await self._write_by(transport, (await self._translation.complete()).payload)
        if self._translation.over:
            super().close("ended")

    def put(self, encoded: Encoded) -> None:
        if not self.closed:
            self._pass(self._translation.translate(encoded.payload), len(encoded.payload))

    def queue_rest(self, framed: bytes, sent: int) -> None:
        unsent, self._unsent = self._unsent, _nothing
        unsent()

    def close(self, reason: str, last: Encoded | None = None) -> None:
        if not self.closed:
            super().close(reason, self._translation.translate(last.payload) if last else None)

    def retire(self) -> None:
        if self._translation.resumable:
            super().retire()
        else:
            self.ends_at = self.person.expires_at or float("inf")

    def _send_directly(self, framed: bytes) -> int:
        """A feed's chunk, translated, to the socket."""
        translation = self._translation
        try:
            data = translation.translate_chunk(framed)
            if data is None:
                translated = translation.translate(unframed(framed))
                if translation.over or translation.incomplete:
                    self._unsent = partial(self._pass, translated, len(framed))
                    return 0
                data = translated.framed
            if not data or self._socket is None or self._socket_send is None:
                return len(framed)
            try:
                sent = self._socket_send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                sent = sockets.LOST
            if sent == len(data):
                return len(framed)
            self._unsent = partial(self._socket.queue_rest, data, sent)
        except Exception as error:
            self._unsent = partial(_fail, error)
        return 0

    def _pass(self, translated: Encoded, size: int) -> None:
        """Send what was made of so many bytes."""
        self._send(translated)
        if self._translation.incomplete and self.live:
            self._kept_bytes += size
            if self._kept_bytes > self.mailbox_bytes:
                self.close("slow", self.dialect.slow)
            elif self._completion is None:
                self._completion = asyncio.ensure_future(self._complete())

    async def _complete(self) -> None:
        try:
            while self._translation.incomplete and not self.closed:
                self._send(await self._translation.complete())
        except Exception:
            close_failed(self)
        finally:
            self._completion, self._kept_bytes = None, 0

    def _send(self, translated: Encoded) -> None:
        if self._translation.over:
            super().close("ended", translated)
        elif translated.payload:
            super().put(translated)

    @staticmethod
    async def _write_by(transport: Transport, data: bytes) -> None:
        if data:
            await transport.write(data)

    @property
    def _direct(self) -> Send | None:
        self._socket_send = super()._direct
        return self._send_directly if self._socket_send is not None else None


def _nothing() -> None:
    pass


def _fail(error: Exception) -> None:
    raise error
