"""A stream without I/O: when it connects, what it makes of the bytes, and when it gives up.

Whoever drives `StreamCore.steps` does as it asks, and sends what came of it back into the generator.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from typing import Any, Generic, NoReturn, TypeVar

from hub_client import errors
from hub_client.errors import HubError, Unauthorized, Unreachable
from hub_client.messages import Reconnecting
from hub_client.publishing import backoff_s
from hub_client.sse import Block, Parser
from hub_client.steps import Answer, Close, Connect, GetToken, Give, Read, Request, Sleep, Step, StreamSteps

HEARTBEAT_S = 20.0  # until the hub has said its own
SILENT_HEARTBEATS = 2.5  # after which a connection is dead
MAX_RETRY_S = 30.0

M = TypeVar("M")


class Ended(Exception):
    """This connection is over; come back after ``seconds``, or after a back-off."""

    def __init__(self, error: HubError | None, seconds: float | None = None) -> None:
        self.error = error
        self.seconds = seconds


class Over(Exception):
    """The stream has come to its end."""


class StreamCore(ABC, Generic[M]):
    """One stream over all its connections, which yields messages of the type ``M``."""

    def __init__(self, last_event_id: str | None) -> None:
        self.last_event_id = last_event_id
        self._token = ""
        self._heartbeat_s = HEARTBEAT_S
        self._retry_s = 1.0
        self._attempt = 0  # since it was live

    def steps(self) -> StreamSteps:
        """Raises what the hub refuses for good (`Refused`, `FeedEnded`)."""
        refused: Unauthorized | None = None
        while True:
            before, self._token = self._token, (yield GetToken(refused is not None))
            if refused is not None and self._token == before:
                raise refused
            try:
                ended = yield from self._until_ended()
            except Unauthorized as error:
                if refused is not None:
                    raise
                refused = error  # the token may have expired: once more with another, if there is one
                continue
            refused = None
            yield Close()
            if ended is None:
                return
            if ended.seconds is None:
                ended.seconds = backoff_s(self._attempt, self._retry_s, MAX_RETRY_S)
            self._attempt += 1
            for message in self._reconnecting(Reconnecting(ended.seconds, ended.error)):
                yield Give(message)
            yield Sleep(ended.seconds)

    @abstractmethod
    def _request(self) -> Request:
        """What opens the stream, where it is now."""

    @abstractmethod
    def _messages(self, block: Block, data: Any) -> Iterator[M]:
        """What a block is to the reader. Raises `Ended`, `Over`, and what ends the stream for good."""

    @abstractmethod
    def _reconnecting(self, message: Reconnecting) -> Iterator[M]:
        """What the reader is told of a connection that ended."""

    def _resume(self, block: Block) -> None:
        """Remember where a later connection goes on, before the block's messages are yielded."""

    def _opened(self) -> Generator[Step, Any, None]:
        """The connection is open, and the hub has said so."""
        yield from ()

    def _lost(self) -> None:
        """The connection is over."""

    def _until_ended(self) -> Generator[Step, Any, Ended | None]:
        try:
            return (yield from self._connection())
        except Ended as ended:
            return ended
        except Over:
            return None
        except Unreachable as lost:
            return Ended(lost)
        finally:
            self._lost()

    def _connection(self) -> Generator[Step, Any, NoReturn]:
        answer: Answer = yield Connect(self._request())
        if answer.status != 200:
            failure = errors.refusal(answer.status, answer.headers, answer.body)
            if answer.status == 429 or answer.status >= 500:
                backoff = backoff_s(self._attempt, self._retry_s, MAX_RETRY_S)
                raise Ended(failure, (failure.retry_after or 0) + backoff)
            raise failure
        parser = Parser()
        while True:
            data: bytes = yield Read(SILENT_HEARTBEATS * self._heartbeat_s)
            if not data:
                raise Unreachable("the connection was closed")
            for block in parser.feed(data):
                yield from self._block(block)

    def _block(self, block: Block) -> Generator[Step, Any, None]:
        if block.retry_ms is not None:
            self._retry_s = max(0.05, block.retry_ms / 1000)
        if block.data is None:
            self._resume(block)
            return
        try:
            data = json.loads(block.data)
            messages = list(self._messages(block, data))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreachable(f"what answers is not a hub's feed: {block.data[:80]!r}") from None
        self._resume(block)
        for message in messages:
            yield Give(message)
        if block.type == "stream-open":
            yield from self._opened()

    def _over(self, type: str, data: Any) -> NoReturn:
        """The hub ends the connection, by ``retire`` or ``stream-error``."""
        if type == "retire":
            raise Ended(None, data["retry"] / 1000)
        error = errors.ended(data["reason"])
        raise Ended(error) if data.get("retry") else error
