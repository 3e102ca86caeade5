"""A feed without I/O: which topics it carries, and what its events are to the reader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from hub_client import errors
from hub_client.errors import Unreachable
from hub_client.messages import Count, Degraded, Event, Live, Message, Reconnecting, Reset, Topics
from hub_client.sse import Block
from hub_client.steps import Answer, Call, CallSteps, Request, Step
from hub_client.stream_core import HEARTBEAT_S, Ended, StreamCore

CHANGE_PATH = "/api/v1/feed/topics"
MAX_IDS = 10_000  # of events that came, to drop them if they come again
MOVED = (404, 410, 503)  # the feed's connection is no longer there, or cannot be asked


class FeedCore(StreamCore[Message]):
    """One feed over all its connections. ``topics`` are those that it is to have besides the inbox."""

    def __init__(self, topics: Sequence[str], last_event_id: str | None, own: bool) -> None:
        super().__init__(last_event_id)
        self.topics = list(dict.fromkeys(topics))
        self._own = own
        self._id: str | None = None  # of the open feed
        self._carries: frozenset[str] = frozenset()
        self._live: bool | None = None
        self._ids: OrderedDict[str, None] = OrderedDict()

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

    def _request(self) -> Request:
        body: dict[str, Any] = {"topics": self.topics, "own": self._own}
        if self.last_event_id is not None:
            body["last_event_id"] = self.last_event_id
        return Request("POST", "/feed/", body, {"Authorization": f"Bearer {self._token}"})

    def _reconnecting(self, message: Reconnecting) -> Iterator[Message]:
        self._live = None
        yield message

    def _resume(self, block: Block) -> None:
        self._resume_from(block.id, anew=block.type == "stream-open")

    def _lost(self) -> None:
        self._id = None

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
            case "stream-error" | "retire":
                self._over(block.type, data)
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

    def _opened(self) -> Generator[Step, Any, None]:
        """Topics may have changed while the feed was being opened."""
        missing = [topic for topic in self.topics if topic not in self._carries]
        if missing and (yield from self.change(missing, ())):
            raise Ended(None, 0.0)

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
