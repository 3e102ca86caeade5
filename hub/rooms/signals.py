"""Signals: what may be lost, typing and cursors, between the instances through the channel layer.

One channel an instance, in the group of every room that has a member here; a group bears the name by which
its room is joined. The latest signal of a person and name wins twice: while it is gathered before it is
published, and before it is delivered.

The pub/sub layer of channels_redis reconnects on its own, but it never says so, its queues have no
bound, and a Redis that hangs is not noticed. So a word to ourselves goes through it all the time; when
that is refused or not heard, the layer is made like new (`flush`) and every group joined again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from channels.layers import BaseChannelLayer

from hub.events import BadEvent, encode
from hub.support.backoff import retry_forever
from hub.support.conflating_buffer import ConflatingBuffer
from hub.support.faults import malformed

GATHER_S = 0.05
KEYS = 2000  # signals that wait, each way …
LENGTH = 4 * 1024 * 1024  # … and characters or bytes of theirs
PROBE_S = 2.0  # a word to ourselves this often …
DEAF_S = 5.0  # … and nothing heard for this long: the layer is made like new
ANSWER_S = 1.0  # the layer may take so long over anything

# Sender, name, JSON text or the bytes of a binary frame, connection: as it travels.
Wired: TypeAlias = tuple[dict[str, str], str, str | bytes, str]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal that was heard; ``connection`` names the one that sent it, over all instances."""

    sender: dict[str, str]
    name: str
    body: Any
    connection: str


class Signals:
    """All of it belongs to one event loop. The layer must be ours alone: it is flushed at need.

    ``deliver`` is called on the loop with a room and the signals heard for it, the sender's own too.
    """

    def __init__(self, layer: BaseChannelLayer, deliver: Callable[[str, list[Signalled]], None]) -> None:
        self._layer = layer
        self._deliver = deliver
        self._outgoing: ConflatingBuffer[Wired] = ConflatingBuffer(KEYS, LENGTH)
        self._incoming: ConflatingBuffer[Wired] = ConflatingBuffer(KEYS, LENGTH)
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._joining: dict[str, asyncio.Future[None]] = {}
        self._changed = asyncio.Event()
        self._living = False
        self._heard_at = 0.0
        self.published = self.heard = self.dropped = 0

    async def join(self, room: str) -> None:
        """Hear the room. Returns once it is heard, or after a second: the loop makes it good later."""
        self._wanted.add(room)
        self._changed.set()
        if room not in self._joined:
            joining = self._joining.setdefault(room, asyncio.get_running_loop().create_future())
            await asyncio.wait([joining], timeout=ANSWER_S)

    async def leave(self, room: str) -> None:
        self._wanted.discard(room)
        self._settle(room)
        self._changed.set()

    def send(self, room: str, sender: dict[str, str], name: str, body: Any, connection: str) -> None:
        """Gather it for publishing; lost, and counted, while the layer is away. Never blocks or raises."""
        try:
            data = body if isinstance(body, bytes) else encode(body).decode()
        except BadEvent:
            self.dropped += 1
            return
        if self._living:
            wired = sender, name, data, connection
            self.dropped += self._outgoing.put(room, (sender["id"], name), wired, len(data))
        else:
            self.dropped += 1

    async def run(self) -> None:
        """Publish and hear until cancelled. While nobody was in any room yet, the layer is not touched."""
        await self._changed.wait()
        await retry_forever(self._live, _report)

    async def _live(self) -> None:
        """One channel, from its making to its end, which is always an exception."""
        working: list[asyncio.Task[None]] = []
        hearing: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(ANSWER_S):
                channel = await self._layer.new_channel()
            self._heard_at = time.monotonic()
            hearing = [asyncio.create_task(self._hearing(channel))]
            loops = self._keeping(channel), self._publishing(), self._delivering(), self._probing(channel)
            working = [asyncio.create_task(loop) for loop in loops]
            done, _ = await asyncio.wait([*hearing, *working], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._living = False
            self._joined.clear()
            self._changed.set()
            await _cancelled(working)
            # Before its receive() is cancelled, which would unsubscribe from a Redis that is away.
            try:
                async with asyncio.timeout(ANSWER_S):
                    await self._layer.flush()
            except Exception as error:
                logger.warning("the channel layer was not flushed: %r", error)
            await _cancelled(hearing)
            for lost in (self._outgoing, self._incoming):
                self.dropped += sum(map(len, lost.drain().values()))

    async def _keeping(self, channel: str) -> None:
        """Be in the groups of the rooms wanted, and in no others."""
        while True:
            self._changed.clear()
            for room in self._wanted ^ self._joined:
                async with asyncio.timeout(ANSWER_S):
                    if room in self._wanted and room not in self._joined:
                        await self._layer.group_add(room, channel)
                        self._joined.add(room)
                    elif room in self._joined and room not in self._wanted:
                        await self._layer.group_discard(room, channel)
                        self._joined.discard(room)
            self._living = True
            for room in self._joined.intersection(self._joining):
                self._settle(room)
            await self._changed.wait()

    async def _publishing(self) -> None:
        while True:
            rooms = await self._outgoing.gather(GATHER_S)
            waiting = sum(map(len, rooms.values()))
            try:
                for room, signals in rooms.items():
                    async with asyncio.timeout(ANSWER_S):
                        message = {"type": "signals", "room": room, "signals": signals}
                        await self._layer.group_send(room, message)
                    self.published += len(signals)
                    waiting -= len(signals)
            finally:
                self.dropped += waiting

    async def _hearing(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
                self._heard_at = time.monotonic()
                if message["type"] == "signals":
                    self._hear(str(message["room"]), message["signals"])
            except (KeyError, TypeError, ValueError) as error:
                self._skip("the channel layer", error)

    def _hear(self, room: str, signals: list[Any]) -> None:
        for signal in signals:
            try:
                sender, _, data, _ = wired = _checked(signal)
            except (KeyError, TypeError, ValueError) as error:
                self._skip(room, error)
            else:
                self.heard += 1
                self.dropped += self._incoming.put(room, (sender["id"], wired[1]), wired, len(data))

    async def _delivering(self) -> None:
        while True:
            for room, signals in (await self._incoming.gather(GATHER_S)).items():
                if room in self._wanted:
                    try:
                        self._deliver(room, list(self._readable(room, signals)))
                    except Exception:
                        logger.exception("signals of room %s were not delivered", room)

    def _readable(self, room: str, signals: list[Wired]) -> Iterator[Signalled]:
        for wired in signals:
            try:
                yield _read(wired)
            except (ValueError, RecursionError) as error:
                self._skip(room, error)

    def _skip(self, place: str, error: Exception) -> None:
        self.dropped += 1
        malformed.record("signal", place, error)

    async def _probing(self, channel: str) -> None:
        while True:
            async with asyncio.timeout(ANSWER_S):
                await self._layer.send(channel, {"type": "probe"})
            await asyncio.sleep(PROBE_S)
            if time.monotonic() - self._heard_at > DEAF_S:
                raise ConnectionError(f"nothing was heard for {DEAF_S:g} s")

    def _settle(self, room: str) -> None:
        joining = self._joining.pop(room, None)
        if joining is not None and not joining.done():
            joining.set_result(None)


def _report(error: Exception) -> None:
    logger.warning("the channel layer failed: %s: %s", type(error).__name__, error)


def _checked(signal: Any) -> Wired:
    sender, name, data, connection = signal
    who = sender["id"], sender["name"]
    if not all(isinstance(text, str) for text in (*who, name, connection)):
        raise TypeError("a signal bears texts")
    if not isinstance(data, str | bytes):
        raise TypeError("the body of a signal is JSON or bytes")
    return sender, name, data, connection


def _read(wired: Wired) -> Signalled:
    sender, name, data, connection = wired
    return Signalled(sender, name, data if isinstance(data, bytes) else json.loads(data), connection)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
