"""One socket that carries many rooms, and the journal that its client keeps of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.system.conftest import Site
from tests.system.talker import until

Message = tuple[int, str, str]  # position, sender's id, id
Journal = asyncio.Task[list[Message]]  # cancelled, it has what it received


@dataclass
class Desk:
    """Resumes each room where it was left, on whatever socket it is given next."""

    socket: ClientConnection
    journals: dict[str, list[Message]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)  # by room: how many memberships
    faults: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        """Until the socket is closed."""
        try:
            async for text in self.socket:
                self._receive(json.loads(text))
        except ConnectionClosed:
            pass
        self.live.clear()

    async def join(self, room: str) -> None:
        journal = self.journals.setdefault(room, [])
        after = {"after": str(journal[-1][0])} if journal else {}
        await self._send({"type": "join", "room": room, **after})

    async def leave(self, room: str) -> None:
        """Returns once nothing more of the room comes."""
        ended = self.ended.get(room, 0)
        await self._send({"type": "leave", "room": room})
        await until(lambda: self.ended.get(room, 0) > ended, f"{room} is left", 30)

    async def say(self, room: str, id: str, body: str) -> None:
        await self._send({"type": "say", "room": room, "id": id, "body": body})

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(frame))

    def _receive(self, frame: dict[str, Any]) -> None:
        room = frame["room"]
        match frame["type"]:
            case "said":
                said = int(frame["position"]), frame["from"]["id"], frame["id"]
                self.journals[room].append(said)
            case "live":
                self.live.add(room)
            case "left" if "code" in frame:
                self.live.discard(room)
                self.ended[room] = self.ended.get(room, 0) + 1
                if frame["code"] != 1000:
                    self.faults.append(frame)
            case "reset" | "error":
                self.faults.append(frame)


async def _journal(socket: ClientConnection) -> list[Message]:
    """What is said in a room, on a socket of its own; cancelled, it is what it has got."""
    found: list[Message] = []
    try:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "said":
                found.append((int(frame["position"]), frame["from"]["id"], frame["id"]))
    except asyncio.CancelledError:
        return found
    raise AssertionError(f"closed with {socket.close_code}: {socket.close_reason}")


class Entrance:
    """Opens sockets through nginx, all of which ``stack`` closes."""

    def __init__(self, site: Site, stack: AsyncExitStack) -> None:
        self._site = site
        self._stack = stack
        self._url = site.cluster.http_url.replace("http", "ws")

    async def of_many(self, user: str) -> ClientConnection:
        """A socket that carries many rooms, by a ticket."""
        answer = await self._site.api.post("/api/v1/tokens", json={"user": user})
        ticket = answer.raise_for_status().json()["ticket"]
        socket = connect(f"{self._url}/rooms/?ticket={ticket}", max_queue=None)
        return await self._stack.enter_async_context(socket)

    async def desk(self, user: str) -> Desk:
        made = Desk(await self.of_many(user))
        self.read(made)
        return made

    def read(self, desk: Desk) -> None:
        self._stack.push_async_callback(_stopped, asyncio.create_task(desk.read()))

    async def journals(self, rooms: Sequence[str], users: Sequence[str]) -> dict[str, Journal]:
        """Those of sockets of their own, by room; the users take turns."""
        found = {}
        tokens = [await self._site.token(user) for user in users]
        for n, room in enumerate(rooms):
            headers = {"Authorization": f"Bearer {tokens[n % len(users)]}"}
            connecting = connect(f"{self._url}/rooms/{room}/", additional_headers=headers, max_queue=None)
            socket = await self._stack.enter_async_context(connecting)
            while json.loads(await socket.recv())["type"] != "live":
                pass
            found[room] = asyncio.create_task(_journal(socket))
        return found


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
