"""The stream of a run without I/O: what its events are to the reader, and when it is over."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import quote

from hub_client.messages import Reconnecting, RunEvent
from hub_client.sse import Block
from hub_client.steps import Request, Step
from hub_client.stream_core import HEARTBEAT_S, Over, StreamCore

RESET = "stream-reset"
ENDS = ("done", "error", "stopped", "lost")


class RunCore(StreamCore[RunEvent]):
    """One run, to its end. Events are yielded in their order and each once, a `RESET` aside: after that the
    reader begins anew."""

    def __init__(self, run: str, last_event_id: str | None) -> None:
        super().__init__(last_event_id)
        self.text = ""
        self.end: RunEvent | None = None
        self._path = f"/api/v1/runs/{quote(run, safe='')}/stream"

    def _request(self) -> Request:
        headers = {"Authorization": f"Bearer {self._token}"}
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = self.last_event_id
        return Request("GET", self._path, None, headers)

    def _messages(self, block: Block, data: Any) -> Iterator[RunEvent]:
        match block.type:
            case "stream-open":
                self._heartbeat_s = float(data.get("heartbeat_s", HEARTBEAT_S))
            case "stream-live":
                self._attempt = 0
            case "stream-error" | "retire":
                self._over(block.type, data)
            case "stream-reset":
                self.text, self.last_event_id = "", None
                yield RunEvent("", RESET, {"reason": data["reason"]})
            case _ if not block.type.startswith("stream-") and self._is_new(block.id):
                event = RunEvent(block.id or "", block.type, data)
                if event.type == "token":
                    self.text += data["text"]
                if event.type in ENDS:
                    self.end = event
                self.last_event_id = block.id or self.last_event_id
                yield event

    def _reconnecting(self, message: Reconnecting) -> Iterator[RunEvent]:
        yield from ()

    def _block(self, block: Block) -> Generator[Step, Any, None]:
        yield from super()._block(block)
        if self.end is not None:
            raise Over

    def _is_new(self, id: str | None) -> bool:
        """Whether an event has not come yet: those of a run come by their positions."""
        return not (id and self.last_event_id) or int(id) > int(self.last_event_id)
