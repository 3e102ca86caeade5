"""Readers of a run's stream, and what their producers say."""

from __future__ import annotations

import asyncio
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import aconnect_sse

ENDS = {"done", "error", "stopped", "lost"}
RECORDING = os.environ.get("RECORDING", "")  # of a completion that was streamed, one chunk per line


def recorded_tokens() -> list[str]:
    """The tokens of a recorded answer; made ones of the same shape without a recording."""
    if not RECORDING:
        return [f"word {n} " if n % 7 else f"\n\n– {n} „ünïcode“ 🙂 " for n in range(300)]
    deltas = [
        choice["delta"].get("content")
        for row in Path(RECORDING).read_text().splitlines()
        for choice in json.loads(row).get("choices", ())
    ]
    return [text for text in deltas if text]


@dataclass
class RunReader:
    """Reads a run to its end, however often it is cut, each time from where it was."""

    urls: list[str]  # of instances or a balancer; another one after each cut
    run: str
    headers: dict[str, str]
    cut_after: int = 0  # events of the first connection
    text: str = ""
    types: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tokens: int = 0
    resets: int = 0
    connects: int = 0

    @property
    def end(self) -> str:
        return self.types[-1] if self.types and self.types[-1] in ENDS else ""

    async def read(self) -> RunReader:
        """Return at the end of the run."""
        async with httpx.AsyncClient(timeout=30) as client:
            while not self.end:
                self.connects += 1
                try:
                    await self._connect(client, self.urls[self.connects % len(self.urls)])
                except httpx.TransportError:
                    await asyncio.sleep(random.uniform(0.05, 0.3))
        return self

    async def _connect(self, client: httpx.AsyncClient, base: str) -> None:
        headers = dict(self.headers)
        if self.ids:
            headers["Last-Event-ID"] = self.ids[-1]
        received = 0
        url = f"{base}/api/v1/runs/{self.run}/stream"
        async with aconnect_sse(client, "GET", url, headers=headers) as source:
            if source.response.status_code in (429, 502, 503):
                return await asyncio.sleep(0.3)
            source.response.raise_for_status()
            async for event in source.aiter_sse():
                received += self._receive(event.event, event.id, json.loads(event.data))
                if self.end or (self.connects == 1 and self.cut_after and received >= self.cut_after):
                    return

    def _receive(self, type: str, id: str, data: Any) -> int:
        if type == "stream-reset":
            self.resets += 1
            self.text = ""
        if type.startswith("stream-") or type == "retire":
            return 0
        if id and id in self.ids:
            return 0
        if id:
            self.ids.append(id)
        if type == "token":
            self.text += data["text"]
            self.tokens += 1
        self.types.append(type)
        return 1
