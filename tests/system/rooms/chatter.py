"""A client that keeps what a room says as a page would: messages as they are now, by position."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.system.talker import until


class Chatter:
    """One connection of a person; `enter` again to come back from where it was cut off."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.journal: dict[int, dict[str, Any]] = {}
        self.frames: list[dict[str, Any]] = []
        self.you = ""
        self.position = 0
        self._ids = 0
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def enter(self, url: str = "") -> Chatter:
        """Enter, or return, until live."""
        self._url = url or self._url
        query = f"?after={self.position}" if self.position else ""
        self._socket = await connect(
            self._url + query, additional_headers=self._headers, max_queue=None, compression=None
        )
        seen = len(self.frames)
        self._reading = asyncio.create_task(self._read(self._socket))
        await until(lambda: any(one["type"] == "live" for one in self.frames[seen:]), "live", 60)
        return self

    async def leave(self) -> None:
        if self._socket is not None and self._reading is not None:
            await self._socket.close()
            await self._reading

    async def send(self, type: str, **fields: Any) -> dict[str, Any]:
        """The frame that acknowledges it, or the error."""
        assert self._socket is not None
        self._ids += 1
        name = f"{self.you}-{id(self):x}-{self._ids}"
        await self._socket.send(json.dumps({"type": type, "id": name, **fields}))
        return await self.frame(lambda frame: frame.get("id") == name)

    async def frame(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        await until(lambda: any(map(wanted, self.frames)), "the frame", 60)
        return next(frame for frame in self.frames if wanted(frame))

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(Exception):
            async for text in socket:
                self._fold(json.loads(text))

    def _fold(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        if frame["type"] == "welcome":
            self.you = frame["you"]["id"]
            self.position = self.position or int(frame["position"])
        at = int(frame.get("of", 0))
        match frame["type"]:
            case "said":
                at = int(frame["position"])
                people = {reaction: set(ids) for reaction, ids in frame.get("reactions", {}).items()}
                self.journal[at] = {"body": frame["body"], "reactions": people}
            case "edited":
                self.journal.setdefault(at, {"reactions": {}})["body"] = frame["body"]
            case "removed":
                self.journal.pop(at, None)
            case "reacted" if at in self.journal:
                people = self.journal[at]["reactions"].setdefault(frame["body"], set())
                (people.add if frame["on"] else people.discard)(frame["from"]["id"])
                if not people:
                    del self.journal[at]["reactions"][frame["body"]]
        if frame["type"] in ("said", "edited", "removed", "reacted"):
            self.position = max(self.position, int(frame["position"]))
