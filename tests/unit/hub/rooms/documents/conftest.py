from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pycrdt
import pytest
from channels.layers import InMemoryChannelLayer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.delivery.endpoint import EndpointOptions
from hub.delivery.limits import ConnectionLimits
from hub.log.replay import Replay
from hub.rooms import transports
from hub.rooms.documents import content, protocol
from hub.rooms.documents.endpoint import Documents
from hub.rooms.documents.protocol import NOTHING_NEW, State
from hub.rooms.documents.registry import DocumentRegistry
from hub.rooms.documents.saver import Saver
from hub.rooms.documents.varints import Reader, block, uint
from hub.rooms.rate_limiter import Rates
from tests.unit.hub.rooms.conftest import DEADLINE_S, Hall

MAX_BYTES = 64 * 1024


def sync(step: int, data: bytes) -> bytes:
    return uint(protocol.SYNC) + uint(step) + block(data)


def awareness(*states: State) -> bytes:
    return uint(protocol.AWARENESS) + block(protocol.encode_states(states))


class Editor:
    """A client of a document that follows the protocol, and what it was sent so far."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc()
        self.doc["body"] = self.body = pycrdt.Text("")
        self.states: list[State] = []
        self.updates: list[bytes] = []
        self.synced = False
        self.denied = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                assert isinstance(message, bytes)
                await self._receive(Reader(message))
        except ConnectionClosed:
            pass

    async def _receive(self, reader: Reader) -> None:
        kind = reader.uint()
        if kind == protocol.AWARENESS:
            self.states += protocol.states(reader.block())
        elif kind == protocol.AUTH:
            assert reader.uint() == 0
            self.denied = reader.text()
        elif reader.uint() == protocol.STEP_1:
            await self.send(sync(protocol.STEP_2, self.doc.get_update(reader.block())))
            await self.send(sync(protocol.STEP_1, self.doc.get_state()))
        else:
            update = reader.block()
            self.updates.append(update)
            self.doc.apply_update(update)
            self.synced = True

    @property
    def text(self) -> str:
        return str(self.body)

    async def send(self, data: bytes) -> None:
        with suppress(ConnectionClosed):
            await self.socket.send(data)

    async def type(self, text: str) -> None:
        before = self.doc.get_state()
        self.body += text
        await self.send(sync(protocol.UPDATE, self.doc.get_update(before)))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                assert not self._reading.done() or condition(), f"closed: {self.denied}"
                await asyncio.sleep(0.002)

    async def until_closed(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            await self._reading
        return self.socket.close_code or 0

    async def leave(self) -> None:
        await self.socket.close()
        await self._reading


@dataclass
class Study(Hall):
    """The documents of one process: rows are a dictionary. Their names begin with document-."""

    stored: dict[str, tuple[bytes, int]] = field(default_factory=dict)  # by topic

    def __post_init__(self) -> None:
        super().__post_init__()
        registry = DocumentRegistry(
            self.log, self.fanout, InMemoryChannelLayer(), application=self, max_bytes=MAX_BYTES
        )
        self.open_documents = registry
        self.saver = Saver(registry, self.log, self)
        rates = {"messages_per_s": 1000, "signals_per_s": 1000, "bytes_per_s": 1 << 24, **self.rates}
        self.rooms: Any = Documents(
            self.fanout,
            ConnectionLimits(1000, per_user=500, per_address=1000),
            EndpointOptions(
                heartbeat_s=20,
                max_age_s=3600,
                mailbox_bytes=1 << 22,
                origins=frozenset(),
                hosts=("127.0.0.1",),
            ),
            replay=Replay(self.log, self),
            registry=registry,
            saver=self.saver,
            application=self,
            rates=Rates(**rates),
        )
        self.asgi = transports.application(self.rooms)

    async def document(self, topic: str, /) -> tuple[bytes, int]:
        return self.stored.get(topic, (b"", 0))

    async def documents(self, names: Sequence[str] | None = None, /) -> dict[str, int]:
        return {topic: self.stored.get(topic, (b"", 0))[1] for topic in names or ["room-document-1"]}

    async def store_document(self, topic: str, snapshot: bytes, position: int, /, *, base: int) -> int:
        kept, upto = self.stored.get(topic, (NOTHING_NEW, 0))
        position = max(position, upto)
        self.stored[topic] = content.fold(kept, [snapshot]), position
        return position

    async def open(self, who: str = "ann", name: str = "document-1") -> Editor:
        """Open a document, and wait until it is synced, or was refused on the open socket."""
        url = f"ws://127.0.0.1:{self.port}/documents/{name}"
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        editor = Editor(await connect(url, additional_headers=headers, compression=None, max_size=None))
        self._visits.push_async_callback(editor.leave)
        await editor.until(lambda: editor.synced or editor._reading.done())
        return editor


@pytest.fixture
async def study(make_hall: Callable[..., Any]) -> Study:
    made: Study = await make_hall(Study)
    return made
