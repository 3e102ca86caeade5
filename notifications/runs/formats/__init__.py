"""The stream of a run in the protocols of others: one small file each, over the same events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hub.errors import Problem
from notifications.runs.formats.ag_ui import AgUiFormat
from notifications.runs.formats.ai_sdk import AiSdkFormat
from notifications.runs.formats.events import RunEvent
from notifications.runs.formats.openai import OpenAiFormat
from notifications.runs.formats.sse import NativeFormat


class Format(Protocol):
    """Turns the events of one run, in their order, into the bytes that one reader is sent."""

    headers: tuple[tuple[bytes, bytes], ...]  # of the response, on top of those of an event stream
    resumable: bool  # by its client, from a position

    def encode(self, event: RunEvent) -> bytes:
        """The bytes of an event; empty for one that this protocol does not have."""

    def token(self, chunk: bytes) -> bytes | None:
        """The same of a chunk of the feed, framed, where it is one token; else None, and nothing is done."""

    def end(self) -> bytes:
        """What comes after the last event."""


# By `?format=`; called with the run's id.
FORMATS: Mapping[str, Callable[[str], Format]] = {
    "": NativeFormat,
    "ag-ui": AgUiFormat,
    "ai-sdk": AiSdkFormat,
    "openai": OpenAiFormat,
}


def by_name(name: str, run: str) -> Format:
    """The format of this name, for the reader of a run (by id). Raises a `Problem` of 400."""
    if name not in FORMATS:
        raise Problem(400, f"format is one of {', '.join(filter(None, FORMATS))}; leave it out for events.")
    return FORMATS[name](run)
