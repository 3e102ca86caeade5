"""Drives the core of a feed by hand, without a socket: what it asks for, and what it is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub_client.errors import Unreachable
from hub_client.feed_core import FeedCore
from hub_client.steps import Answer, Close, Connect, GetToken, Give, Read, Request, Sleep, Step
from hub_client.stream_core import StreamCore


def block(type: str, data: Any, id: int | None = None) -> bytes:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {type}\ndata: {json.dumps(data)}\n\n".encode()


def event(id: int, data: Any, topic: str = "job-1", **envelope: Any) -> bytes:
    return block("progress", {"topic": topic, "at": "2026-11-30T12:00:00.000Z", **envelope, "data": data}, id)


def opening(*topics: str, position: int = 1, **more: Any) -> bytes:
    facts = {"position": str(position), "topics": topics or ("job-1",), "heartbeat_s": 4, "feed": "F", **more}
    return block("stream-open", facts, position) + block("stream-live", {})


class Script:
    """One feed, or another stream. Each connection is answered with a status and then with bytes; what it
    yields is kept."""

    def __init__(
        self,
        *topics: str,
        last_event_id: str | None = None,
        tokens: tuple[str, ...] = ("T",),
        core: StreamCore[Any] | None = None,
    ) -> None:
        self.core: Any = core or FeedCore(topics or ("job-1",), last_event_id, False)
        self.requests: list[Request] = []
        self.timeouts: list[float] = []
        self.slept: list[float] = []
        self.messages: list[Any] = []
        self._tokens = list(tokens)
        self._steps = self.core.steps()
        self._step: Step = next(self._steps)

    def connected(
        self, status: int = 200, problem: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer the next connection; raises what the core does."""
        self._until(Connect)
        body = json.dumps(problem or {}).encode() if status != 200 else b""
        self._send(Answer(status, headers or {}, body))
        self._until(Connect, Read)

    def receive(self, data: bytes) -> None:
        self._until(Read)
        self._send(data)
        self._until(Connect, Read)

    def cut(self) -> None:
        self._until(Read)
        self._step = self._steps.throw(Unreachable("cut"))
        self._until(Connect)

    def answer(self, answer: Answer | Unreachable) -> None:
        """Of a call."""
        if isinstance(answer, Unreachable):
            self._step = self._steps.throw(answer)
        else:
            self._send(answer)
        self._until(Connect, Read)

    def _until(self, *kinds: type[Step]) -> None:
        while not isinstance(self._step, kinds):
            match self._step:
                case GetToken():
                    self._send(self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0])
                case Give(message):
                    self.messages.append(message)
                    self._send(None)
                case Sleep(seconds):
                    self.slept.append(seconds)
                    self._send(None)
                case Close():
                    self._send(None)
                case _:
                    return
        if isinstance(self._step, Connect) and self._step.request not in self.requests[-1:]:
            self.requests.append(self._step.request)
        if isinstance(self._step, Read):
            self.timeouts.append(self._step.timeout_s)

    def _send(self, value: Any) -> None:
        self._step = self._steps.send(value)
