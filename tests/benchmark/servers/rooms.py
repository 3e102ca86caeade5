"""A room of the hub, and one of the plain stack: frames differ, their size on the wire does not."""

from __future__ import annotations

import json
import secrets
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from hub import topics
from tests.benchmark.machine import give_server_core
from tests.benchmark.servers.base import EVENT_BYTES, Bench, Server, Shown
from tests.benchmark.servers.hub import Hub
from tests.benchmark.servers.plain import PlainInstance
from tests.benchmark.servers.speaker import Speaker
from tests.cluster.instance import Instance
from tests.cluster.ports import HOST, Ports

FRAME_HEAD = 4  # bytes, of 126 and more
SOUND_BYTES = 640  # 20 ms of 16 kHz, 16 bits


class Room(Server):
    """Whoever publishes is a member like the others, and says a line."""

    _speaker: Speaker | None = None

    @abstractmethod
    def line(self) -> dict[str, Any]:
        """What is said next, so that each member is told `EVENT_BYTES`."""

    def publish(self, topics: Sequence[str]) -> None:
        self.speaker(topics).say(json.dumps(self.line()))

    def speaker(self, topics: Sequence[str]) -> Speaker:
        if self._speaker is None:
            (head,) = self.heads(topics, 1)
            self._speaker = Speaker(self.ports[0], f"{head}\n\r\n", self.live_mark)
        return self._speaker

    def stop(self) -> None:
        if self._speaker is not None:
            self._speaker.leave()


class HubRoom(Room, Hub):
    """Its members are as many people."""

    live_mark = '"type":"live"'
    event_mark = '"type":"said"'
    kind = "chat"

    def __init__(self, bench: Bench, instances: int = 1) -> None:
        super().__init__(bench, instances)
        self._name = f"bench-{secrets.token_hex(4)}"
        self._said = 0

    def _instance(self, name: str, port: int) -> Instance:
        # One says what otherwise many say.
        more = [
            f"HUB_ROOM_{what}" for what in ("LINES_PER_S", "SIGNALS_PER_S", "LINES_PER_DAY", "BYTES_PER_S")
        ]
        env = {**self.bench.parts.env, **dict.fromkeys(more, "100000000")}
        return Instance(self.bench.folder, name, port, env)

    def start(self) -> None:
        from notifications import models

        self._topic = topics.room(models.Room.objects.create(name=self._name, kind=self.kind).pk)
        super().start()

    def stop(self) -> None:
        Room.stop(self)
        Hub.stop(self)

    def heads(self, names: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        from tests.benchmark import people

        users = people.users(first + readers)[first:]
        proofs = [f"Authorization: Bearer {people.token(user, self._topic)}" for user in users]
        return [_handshake(f"/rooms/{self._name}/", proof) for proof in proofs]

    def line(self) -> dict[str, Any]:
        self._said += 1
        id = f"c{self._said}"
        frame = (
            '{"type":"said","position":"1763712345678901","from":{"id":"1","name":"reader-0"},'
            f'"id":"{id}","body":"","at":"2026-01-01T00:00:00.000Z"}}'
        )
        return {"type": "say", "id": id, "body": "x" * (EVENT_BYTES - FRAME_HEAD - len(frame))}


class HubBinaryRoom(HubRoom):
    """Two instances; what is published is 20 ms of sound."""

    event_mark = "20 ms of sound"
    kind = "binary"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, instances=2)

    def publish(self, topics: Sequence[str]) -> None:
        self.speaker(topics).send(self.event_mark.encode().ljust(SOUND_BYTES, b"\0"))


class PlainRoom(Room):
    """The consumer of the tutorial of Channels, on Daphne, over the pub/sub layer of channels_redis."""

    live_mark = "101 Switching Protocols"
    event_mark = '{"message": '
    block_deliveries = 10_000

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        application = "tests.benchmark.plain.room.asgi:application"
        self._instance = PlainInstance(bench.folder, Ports.free(1).instances[0], bench.parts.env, application)

    @property
    def ports(self) -> list[int]:
        return [self._instance.port]

    @property
    def pids(self) -> list[int]:
        return [self._instance.pid]

    def start(self) -> None:
        self._instance.start()
        give_server_core(self._instance.pid)
        self._instance.wait_ready()

    def stop(self) -> None:
        super().stop()
        self._instance.stop()

    def heads(self, names: Sequence[str], readers: int, shown: Shown = "token", first: int = 0) -> list[str]:
        return [_handshake(f"/ws/chat/{names[0]}/")] * readers

    def line(self) -> dict[str, Any]:
        return {"message": "x" * (EVENT_BYTES - FRAME_HEAD - len('{"message": ""}'))}


def _handshake(path: str, *more: str) -> str:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        *more,
    ]
    return "\r\n".join(lines) + "\r"
