"""The UI message stream of the AI SDK, version 1 (`ai-sdk.dev/docs/ai-sdk-ui/stream-protocol`)."""

from __future__ import annotations

from notifications.runs.formats.events import RunEvent
from notifications.runs.formats.text_format import TextFormat


class AiSdkFormat(TextFormat):
    """One assistant's message. A run's text is one text part; its other events are data parts
    (``data-phase``, ``data-tool``), as `useChat` gives them to a page."""

    headers: tuple[tuple[bytes, bytes], ...] = ((b"x-vercel-ai-ui-message-stream", b"v1"),)

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self._part = 0  # the number of text parts begun
        self._open = False

    def begin(self) -> list[object]:
        return [{"type": "start", "messageId": self.run}]

    def begin_text(self) -> list[object]:
        if self._open:
            return []
        self._part, self._open = self._part + 1, True
        return [{"type": "text-start", "id": f"{self._part}"}]

    def text(self, text: bytes) -> bytes:
        return b'{"type":"text-delta","id":"%d","delta":%b}' % (self._part, text)

    def other(self, event: RunEvent) -> list[object]:
        found: list[object] = [{"type": "text-end", "id": f"{self._part}"}] if self._open else []
        self._open = False
        match event.type:
            case "done":
                return [*found, {"type": "finish"}]
            case "stopped":
                return [*found, {"type": "abort"}]
            case "error":
                return [*found, {"type": "error", "errorText": event.data["detail"] or "The run failed."}]
            case "lost":
                return [*found, {"type": "error", "errorText": "The run was lost."}]
        return [*found, {"type": f"data-{event.type}", "data": event.data}]
