"""Events of the Agent-User Interaction Protocol (`docs.ag-ui.com/concepts/events`)."""

from __future__ import annotations

from notifications.runs.formats.events import RunEvent
from notifications.runs.formats.text_format import TextFormat


class AgUiFormat(TextFormat):
    """A run of one message. Phases are steps; other events are custom ones under their type."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self._ids = {"threadId": run, "runId": run}
        self._message = ""
        self._messages = 0
        self._step = ""

    def begin(self) -> list[object]:
        return [{"type": "RUN_STARTED", **self._ids}]

    def begin_text(self) -> list[object]:
        if self._message:
            return []
        self._messages += 1
        self._message = f"{self.run}-{self._messages}"
        return [{"type": "TEXT_MESSAGE_START", "messageId": self._message, "role": "assistant"}]

    def text(self, text: bytes) -> bytes:
        message = self._message.encode()
        return b'{"type":"TEXT_MESSAGE_CONTENT","messageId":"%b","delta":%b}' % (message, text)

    def other(self, event: RunEvent) -> list[object]:
        match event.type:
            case "phase":
                name = str(event.data.get("name", "") if isinstance(event.data, dict) else event.data)
                found = [*self._end_message(), *self._end_step(), {"type": "STEP_STARTED", "stepName": name}]
                self._step = name
                return found
            case "done":
                ended = {"type": "RUN_FINISHED", **self._ids, "result": event.data["outcome"]}
            case "stopped":
                ended = {"type": "RUN_FINISHED", **self._ids, "outcome": {"type": "cancelled"}}
            case "error":
                ended = {"type": "RUN_ERROR", "message": event.data["detail"] or "The run failed."}
            case "lost":
                ended = {"type": "RUN_ERROR", "message": "The run was lost."}
            case _:
                return [*self._end_message(), {"type": "CUSTOM", "name": event.type, "value": event.data}]
        return [*self._end_message(), *self._end_step(), ended]

    def end(self) -> bytes:
        return b""

    def _end_message(self) -> list[object]:
        message, self._message = self._message, ""
        return [{"type": "TEXT_MESSAGE_END", "messageId": message}] if message else []

    def _end_step(self) -> list[object]:
        step, self._step = self._step, ""
        return [{"type": "STEP_FINISHED", "stepName": step}] if step else []
