from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import uvicorn
from channels.layers import InMemoryChannelLayer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.delivery.endpoint import EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.revocation import Revocation
from hub.delivery.sockets import ClientSocket, SocketPoller
from hub.errors import Problem
from hub.events import Event
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.ports import Credentials, Entry, Person, Recovered
from hub.rooms import kinds, transports
from hub.rooms.endpoint import Rooms
from hub.rooms.presence.memory import MemoryPresence
from hub.rooms.rate_limiter import Rates
from hub.rooms.registry import RoomRegistry
from hub.rooms.replay import RoomReplay
from tests.unit.hub.stub_application import StubApplication

DEADLINE_S = 10

# For what only a socket of our own has: frames as they come, and pings.
socket_only = pytest.mark.parametrize("transport", ["socket"], indirect=True)


class Visitor:
    """A client in a room, and what it was told so far."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.binary: list[bytes] = []
        self.code = 0
        self.reason = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.binary.append(message)
                else:
                    self.frames.append(json.loads(message))
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code or 0
        self.reason = self.socket.close_reason or ""

    @property
    def closed(self) -> bool:
        return self._reading.done()

    @property
    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def messages(self) -> list[Any]:
        return [frame["body"] for frame in self.frames if frame["type"] == "said"]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == type]

    async def send(self, frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def say(self, body: Any, id: str = "c1") -> None:
        await self.send({"type": "say", "id": id, "body": body})

    async def signal(self, name: str, body: Any) -> None:
        await self.send({"type": "signal", "name": name, "body": body})

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                assert not self._reading.done() or condition(), f"closed {self.code}: {self.frames[-5:]}"
                await asyncio.sleep(0.002)

    async def until_received(self, type: str, times: int = 1) -> None:
        await self.until(lambda: self.types.count(type) >= times)

    async def until_closed(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            await self._reading
        return self.code

    async def leave(self) -> None:
        if not self._reading.done():
            await self.socket.close()
        await self._reading


@dataclass
class Hall(StubApplication):
    """The rooms of one process without a database: memory, and lambdas. Names: chat-…, board-…, …"""

    transport: str = "socket"  # or "asgi"
    limits: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, Any] = field(default_factory=dict)  # what is not said here leaves room
    rows: dict[str, list[Event]] = field(default_factory=dict)  # by topic
    kept: list[str] = field(default_factory=list)  # topics that were to be kept
    gone: dict[str, bool] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)  # whose they are
    old: dict[int, dict[str, Any]] = field(default_factory=dict)  # messages by position, asked for one by one
    rows_away: bool = False
    max_events: int = 1000
    messages_per_day: int = 10_000

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.max_events, 3600)
        replay = Replay(self.log, self)
        self.fanout = Fanout(self.log, replay)
        self.presence = MemoryPresence()
        self.registry = RoomRegistry(
            self.log,
            self.fanout,
            self.presence,
            layer=InMemoryChannelLayer(),
            application=self,
            messages_per_day=self.messages_per_day,
        )
        defaults: dict[str, Any] = {
            "heartbeat_s": 20,
            "max_age_s": 3600,
            "mailbox_bytes": 64 * 1024,
            "origins": frozenset({"https://app.example.com"}),
            "hosts": ("127.0.0.1",),
        }
        rates = Rates(**{"messages_per_s": 100, "signals_per_s": 100, "bytes_per_s": 1 << 24, **self.rates})
        options = EndpointOptions(**{**defaults, **self.limits})
        self.rooms = Rooms(
            self.fanout,
            ConnectionLimits(1000, per_user=500, per_address=1000),
            options,
            replay=RoomReplay(self.log, self),
            registry=self.registry,
            application=self,
            rates=rates,
        )
        self.revocation = Revocation(self.fanout.control, [self.rooms.connections, self.rooms.carried], self)
        self.asgi = transports.application(self.rooms)
        self.port = 0
        self._poller: SocketPoller | None = None
        self._visits = AsyncExitStack()

    async def redeem(self, credentials: Credentials, /) -> Credentials:
        if credentials.ticket not in self.tickets:
            return credentials
        return Credentials(bearer=self.tickets.pop(credentials.ticket))

    async def admit(self, credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
        """For a socket that carries many rooms."""
        if not credentials.bearer:
            raise Problem(401, "Who are you?")
        person, _, expires_at = credentials.bearer.partition("@")
        expiry = float(expires_at) if expires_at else None
        return Person(person, person.title(), ("everyone",), expires_at=expiry)

    async def enter(self, credentials: Credentials, name: str, /) -> Entry:
        bearer = (await self.redeem(credentials)).bearer
        if not bearer:
            raise Problem(401, "Who are you?")
        if name.startswith("secret"):
            raise Problem(403, "Not yours.")
        kind = name.partition("-")[0]
        if kind not in kinds.kinds():
            raise Problem(404, "There is no such room.")
        person, _, expires_at = bearer.partition("@")
        expiry = float(expires_at) if expires_at else None
        return Entry(Person(person, person.title(), (), expires_at=expiry), name, kind, f"room-{name}")

    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        return {person: self.gone[person.id] for person in people if person.id in self.gone}

    async def recover(self, holes: Mapping[str, int], /) -> Recovered:
        rows = [
            event
            for topic, after in holes.items()
            for event in self.rows.get(topic, [])
            if event.position > after
        ]
        lost = frozenset(holes.keys() - self.rows.keys())
        return Recovered(sorted(rows, key=lambda event: event.position), False, lost)

    def message_appended(self, topic: str, /) -> None:
        self.kept.append(topic)

    async def messages(self, topic: str, most: int, /) -> list[Event]:
        if self.rows_away:
            await asyncio.Event().wait()
        return self.rows.get(topic, [])[-most:]

    async def messages_at(self, topic: str, positions: Sequence[int], /) -> list[Event]:
        if self.rows_away:
            raise OSError("the database is away")
        found = {at: self.old[at] for at in positions if at in self.old}
        return [Event(at, 0, topic, "said", json.dumps(data).encode()) for at, data in found.items()]

    async def moderates(self, person: Person, topic: str, /) -> bool:
        return person.id == "staff"

    async def visit(self, name: str = "chat-1", who: str = "ann", query: str = "", **headers: str) -> Visitor:
        """Enter, and wait until it is live, or was refused on the open socket."""
        sent_headers = {"Authorization": f"Bearer {who}", **headers} if who else headers
        url = f"ws://127.0.0.1:{self.port}/rooms/{name}/{query}"
        origin = sent_headers.pop("Origin", None)
        socket = await connect(url, additional_headers=sent_headers, origin=origin, compression=None)  # type: ignore[arg-type]
        visitor = Visitor(socket)
        self._visits.push_async_callback(visitor.leave)
        await visitor.until(lambda: "live" in visitor.types or visitor.closed)
        return visitor

    async def serve(self, listening: socket.socket) -> None:
        if self.transport == "asgi":
            return await Uvicorn(self.asgi).serve(sockets=[listening])
        loop = asyncio.get_running_loop()
        self._poller = SocketPoller()
        async with asyncio.TaskGroup() as group:
            while True:
                accepted, _ = await loop.sock_accept(listening)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as Twisted does
                group.create_task(self._shake(accepted))

    async def _shake(self, accepted: socket.socket) -> None:
        """What Daphne does before it gives the socket away."""
        loop = asyncio.get_running_loop()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await loop.sock_recv(accepted, 4096)
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split()
        path, _, query = target.partition("?")
        given = [line.partition(": ") for line in lines if line]

        def take(limit: int, closed: Callable[[], None]) -> ClientSocket:
            assert self._poller is not None
            return self._poller.adopt(accepted, b"", limit, closed)

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, _, value in given],
            "client": accepted.getpeername(),
            "extensions": {"hub.adopt": take},
        }
        await self.asgi(scope, _never, partial(_send, accepted))

    async def close(self) -> None:
        await self._visits.aclose()
        if self._poller is not None:
            for client in list(self._poller._sockets.values()):
                client.abort()


class Uvicorn(uvicorn.Server):
    """Serves in this process, and leaves its signals alone."""

    capture_signals = nullcontext  # type: ignore[assignment]

    def __init__(self, application: Any) -> None:
        options: dict[str, Any] = {"ws_max_size": 1024 * 1024, "ws_per_message_deflate": False}
        super().__init__(uvicorn.Config(application, lifespan="off", log_level="critical", **options))


async def _never() -> MutableMapping[str, Any]:
    raise AssertionError("a handshake has no body")


async def _send(accepted: socket.socket, message: MutableMapping[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    if message["type"] == "http.response.start":
        await loop.sock_sendall(accepted, b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % message["status"])
    else:
        accepted.close()


@pytest.fixture(params=["socket", "asgi"])
def transport(request: pytest.FixtureRequest) -> str:
    """Rooms behave alike on both; a test about one of them names it."""
    return str(request.param)


@pytest.fixture
async def make_hall(transport: str) -> AsyncIterator[Callable[..., Any]]:
    halls: list[Hall] = []
    loops: list[asyncio.Task[Any]] = []
    sockets: list[socket.socket] = []

    async def make(like: type[Hall] = Hall, **given: Any) -> Hall:
        hall = like(transport=transport, **given)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        sockets.append(listening)
        hall.port = listening.getsockname()[1]
        running = (
            hall.log.listen(hall.fanout),
            hall.fanout.run(),
            hall.rooms.run(),
            hall.revocation.run(),
            hall.serve(listening),
        )
        loops.extend(asyncio.create_task(loop) for loop in running)
        halls.append(hall)
        return hall

    yield make
    for hall in halls:
        await hall.close()
    for loop in loops:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
    for listening in sockets:
        listening.close()


@pytest.fixture
async def hall(make_hall: Callable[..., Any]) -> Hall:
    made: Hall = await make_hall()
    return made
