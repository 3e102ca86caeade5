"""A feed without I/O: when it connects, what it makes of the bytes, and when it gives up.

Whoever drives `FeedCore.steps` does as it asks, and sends what came of it back into the generator.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NoReturn

from hub_client import errors
from hub_client.errors import HubError, Unauthorized, Unreachable
from hub_client.messages import Count, Degraded, Event, Live, Message, Reconnecting, Reset, Topics
from hub_client.publishing import backoff_s
from hub_client.sse import Block, Parser
from hub_client.steps import (
    Answer,
    Call,
    CallSteps,
    Close,
    Connect,
    FeedSteps,
    GetToken,
    Give,
    Read,
    Request,
    Sleep,
    Step,
)

CHANGE_PATH = "/api/v1/feed/topics"
HEARTBEAT_S = 20.0  # until the hub has said its own
SILENT_HEARTBEATS = 2.5  # after which a connection is dead
MAX_RETRY_S = 30.0
MAX_IDS = 10_000  # of events that came, to drop them if they come again
MOVED = (404, 410, 503)  # the feed's connection is no longer there, or cannot be asked


class _Ended(Exception):
    """This connection is over; come back after ``seconds``, or after a back-off."""

    def __init__(self, error: HubError | None, seconds: float | None = None) -> None:
        self.error = error
        self.seconds = seconds


class FeedCore:
    """One feed over all its connections. ``topics`` are those that it is to have besides the inbox."""

    def __init__(self, topics: Sequence[str], last_event_id: str | None, own: bool) -> None:
        self.topics = list(dict.fromkeys(topics))
        self.last_event_id = last_event_id
        self._own = own
        self._id: str | None = None  # of the open feed
        self._carries: frozenset[str] = frozenset()
        self._token = ""
        self._heartbeat_s = HEARTBEAT_S
        self._retry_s = 1.0
        self._attempt = 0  # since it was live
        self._live: bool | None = None
        self._ids: OrderedDict[str, None] = OrderedDict()

    def steps(self) -> FeedSteps:
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
            if ended.seconds is None:
                ended.seconds = backoff_s(self._attempt, self._retry_s, MAX_RETRY_S)
            self._attempt += 1
            self._live = None
            yield Give(Reconnecting(ended.seconds, ended.error))
            yield Sleep(ended.seconds)

    def change(self, add: Sequence[str], remove: Sequence[str]) -> CallSteps:
        """Change the topics; whether the feed has to be opened anew for it. Raises `Refused`, with nothing
        changed."""
        before = self.topics
        kept = [topic for topic in before if topic not in set(remove)]
        self.topics = list(dict.fromkeys([*kept, *add]))
        if self._id is None:
            return False  # it is opened with them
        try:
            answer: Answer = yield Call(self._change_request(add, remove))
        except Unreachable:
            return True
        if answer.status in MOVED:
            return True
        if answer.status >= 300:
            self.topics = before
            raise errors.refusal(answer.status, answer.headers, answer.body)
        return False

    def _until_ended(self) -> Generator[Step, Any, _Ended]:
        try:
            return (yield from self._connection())
        except _Ended as ended:
            return ended
        except Unreachable as lost:
            return _Ended(lost)
        finally:
            self._id = None

    def _connection(self) -> Generator[Step, Any, NoReturn]:
        body: dict[str, Any] = {"topics": self.topics, "own": self._own}
        if self.last_event_id is not None:
            body["last_event_id"] = self.last_event_id
        request = Request("POST", "/feed/", body, {"Authorization": f"Bearer {self._token}"})
        answer: Answer = yield Connect(request)
        if answer.status != 200:
            failure = errors.refusal(answer.status, answer.headers, answer.body)
            if answer.status == 429 or answer.status >= 500:
                backoff = backoff_s(self._attempt, self._retry_s, MAX_RETRY_S)
                raise _Ended(failure, (failure.retry_after or 0) + backoff)
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
            self._resume_from(block.id)
            return
        try:
            data = json.loads(block.data)
            messages = list(self._messages(block, data))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreachable(f"what answers is not a hub's feed: {block.data[:80]!r}") from None
        self._resume_from(block.id, anew=block.type == "stream-open")
        for message in messages:
            yield Give(message)
        if block.type == "stream-open":
            yield from self._catch_up_with_topics()

    def _messages(self, block: Block, data: Any) -> Iterator[Message]:
        match block.type:
            case "stream-open":
                self._open(data)
                if count := data.get("count"):
                    yield _count(count)
            case "stream-live":
                self._attempt = 0
                if self._live is not True:
                    self._live = True
                    yield Live()
            case "stream-degraded":
                if self._live is not False:
                    self._live = False
                    yield Degraded()
            case "stream-reset":
                if data["reason"] == "unknown":  # another log, whose positions are others
                    self._resume_from(data["position"], anew=True)
                    self._ids.clear()
                yield Reset(tuple(data["topics"]), data["reason"])
            case "stream-topics":
                self._carries = frozenset(data["topics"])
                yield Topics(tuple(data["topics"]))
            case "stream-error":
                error = errors.ended(data["reason"])
                raise _Ended(error) if data.get("retry") else error
            case "retire":
                raise _Ended(None, data["retry"] / 1000)
            case "count":
                yield _count(data)
            case _ if not block.type.startswith("stream-"):
                event = Event(
                    block.id or "",
                    block.type,
                    data["topic"],
                    data.get("data"),
                    data.get("at", ""),
                    data.get("key"),
                    data.get("by"),
                )
                if self._is_new(event):
                    yield event

    def _open(self, data: dict[str, Any]) -> None:
        self._id = data.get("feed")
        self._carries = frozenset(data["topics"])
        self._heartbeat_s = float(data.get("heartbeat_s", HEARTBEAT_S))

    def _catch_up_with_topics(self) -> Generator[Step, Any, None]:
        """Topics may have changed while the feed was being opened."""
        missing = [topic for topic in self.topics if topic not in self._carries]
        if missing and (yield from self.change(missing, ())):
            raise _Ended(None, 0.0)

    def _resume_from(self, id: str | None, *, anew: bool = False) -> None:
        """Forward, unless it is ``anew``: latest values have old ids, and a feed that is cut off
        after one would be sent the parts of joined texts again, by ids that it never had.
        """
        if id and id.isdecimal() and (anew or int(id) > int(self.last_event_id or 0)):
            self.last_event_id = id

    def _is_new(self, event: Event) -> bool:
        """Whether it has not come yet. What a topic's latest values are has older positions."""
        if not event.id:
            return True
        if event.id in self._ids:
            return False
        if event.key is None and self.last_event_id and int(event.id) <= int(self.last_event_id):
            return False
        self._ids[event.id] = None
        if len(self._ids) > MAX_IDS:
            self._ids.popitem(last=False)
        return True

    def _change_request(self, add: Sequence[str], remove: Sequence[str]) -> Request:
        body = {"feed": self._id, "add": list(add), "remove": list(remove)}
        return Request("POST", CHANGE_PATH, body, {"Authorization": f"Bearer {self._token}"})


def _count(data: dict[str, Any]) -> Count:
    return Count(data["unread"], data["unseen"], data["version"])
