"""Signals between instances: typing, cursors and whatever else may be lost, over a Channels layer.

Each instance has one channel, which is in the group of every room that has a connection here. Only the latest
signal of a user and name is kept, both while it waits to be published and while it waits to be delivered.

The pub/sub layer of channels_redis reconnects by itself, but does not report it; its queues are unbounded,
and it does not notice a Redis that hangs. Probes to ourselves go through it all the time: when one fails or
does not return, the layer is reset (`flush`), and every group joined again.
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
MAX_PENDING_SIGNALS = 2000  # in each direction …
MAX_PENDING_LENGTH = 4 * 1024 * 1024  # … and characters of them
PROBE_S = 2.0  # between probes
SILENCE_S = 5.0  # without receiving anything, after which the layer is reset
LAYER_TIMEOUT_S = 1.0  # for any call of the layer

# As it travels: sender, name, JSON text, the sending connection's id.
Packed: TypeAlias = tuple[dict[str, str], str, str, str]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceivedSignal:
    """``connection_id`` is the sending connection's, unique over all instances."""

    sender: dict[str, str]
    name: str
    body: Any
    connection_id: str


class Signals:
    """Used on one event loop. ``layer`` must belong to this object alone: it is flushed at need.

    ``deliver`` is called with a room's topic and the signals received for it, including those sent here.
    """

    def __init__(self, layer: BaseChannelLayer, deliver: Callable[[str, list[ReceivedSignal]], None]) -> None:
        self._layer = layer
        self._deliver = deliver
        self._outgoing: ConflatingBuffer[Packed] = ConflatingBuffer(MAX_PENDING_SIGNALS, MAX_PENDING_LENGTH)
        self._incoming: ConflatingBuffer[Packed] = ConflatingBuffer(MAX_PENDING_SIGNALS, MAX_PENDING_LENGTH)
        self._requested: set[str] = set()
        self._joined: set[str] = set()
        self._joining: dict[str, asyncio.Future[None]] = {}
        self._changed = asyncio.Event()
        self._live_now = False
        self._received_at = 0.0
        self.published = self.received = self.dropped = 0

    async def join(self, room: str) -> None:
        """Receive a room's signals. Returns once it does, or after `LAYER_TIMEOUT_S`: the loop goes on."""
        self._requested.add(room)
        self._changed.set()
        if room not in self._joined:
            joining = self._joining.setdefault(room, asyncio.get_running_loop().create_future())
            await asyncio.wait([joining], timeout=LAYER_TIMEOUT_S)

    async def leave(self, room: str) -> None:
        self._requested.discard(room)
        self._settle(room)
        self._changed.set()

    def send(self, room: str, sender: dict[str, str], name: str, body: Any, connection_id: str) -> None:
        """Queue a signal; dropped, and counted, while the layer is away. Never blocks or raises."""
        try:
            data = encode(body).decode()
        except BadEvent:
            self.dropped += 1
            return
        if self._live_now:
            packed = sender, name, data, connection_id
            self.dropped += self._outgoing.put(room, (sender["id"], name), packed, len(data))
        else:
            self.dropped += 1

    async def run(self) -> None:
        """Publish and receive until cancelled. The layer is not used before the first room is joined."""
        await self._changed.wait()
        await retry_forever(self._live, _report)

    async def _live(self) -> None:
        """Use one channel until it fails; always raises."""
        working: list[asyncio.Task[None]] = []
        receiving: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                channel = await self._layer.new_channel()
            self._received_at = time.monotonic()
            receiving = [asyncio.create_task(self._receive_all(channel))]
            loops = self._join_groups(channel), self._publish(), self._deliver_all(), self._probe(channel)
            working = [asyncio.create_task(loop) for loop in loops]
            done, _ = await asyncio.wait([*receiving, *working], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._live_now = False
            self._joined.clear()
            self._changed.set()
            await _cancelled(working)
            # Before its receive() is cancelled, which would unsubscribe from a Redis that is away.
            try:
                async with asyncio.timeout(LAYER_TIMEOUT_S):
                    await self._layer.flush()
            except Exception as error:
                logger.warning("the channel layer was not flushed: %r", error)
            await _cancelled(receiving)
            for lost in (self._outgoing, self._incoming):
                self.dropped += sum(map(len, lost.drain().values()))

    async def _join_groups(self, channel: str) -> None:
        """Keep the channel in the groups of the requested rooms, and in no others."""
        while True:
            self._changed.clear()
            for room in self._requested ^ self._joined:
                async with asyncio.timeout(LAYER_TIMEOUT_S):
                    if room in self._requested and room not in self._joined:
                        await self._layer.group_add(room, channel)
                        self._joined.add(room)
                    elif room in self._joined and room not in self._requested:
                        await self._layer.group_discard(room, channel)
                        self._joined.discard(room)
            self._live_now = True
            for room in self._joined.intersection(self._joining):
                self._settle(room)
            await self._changed.wait()

    async def _publish(self) -> None:
        while True:
            rooms = await self._outgoing.gather(GATHER_S)
            waiting = sum(map(len, rooms.values()))
            try:
                for room, signals in rooms.items():
                    async with asyncio.timeout(LAYER_TIMEOUT_S):
                        message = {"type": "signals", "room": room, "signals": signals}
                        await self._layer.group_send(room, message)
                    self.published += len(signals)
                    waiting -= len(signals)
            finally:
                self.dropped += waiting

    async def _receive_all(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
                self._received_at = time.monotonic()
                if message["type"] == "signals":
                    self._receive(str(message["room"]), message["signals"])
            except (KeyError, TypeError, ValueError) as error:
                self._skip("the channel layer", error)

    def _receive(self, room: str, signals: list[Any]) -> None:
        for signal in signals:
            try:
                sender, _, data, _ = packed = _checked(signal)
            except (KeyError, TypeError, ValueError) as error:
                self._skip(room, error)
            else:
                self.received += 1
                self.dropped += self._incoming.put(room, (sender["id"], packed[1]), packed, len(data))

    async def _deliver_all(self) -> None:
        while True:
            for room, signals in (await self._incoming.gather(GATHER_S)).items():
                if room in self._requested:
                    try:
                        self._deliver(room, list(self._readable(room, signals)))
                    except Exception:
                        logger.exception("signals of room %s were not delivered", room)

    def _readable(self, room: str, signals: list[Packed]) -> Iterator[ReceivedSignal]:
        for packed in signals:
            try:
                yield _read(packed)
            except (ValueError, RecursionError) as error:
                self._skip(room, error)

    def _skip(self, source: str, error: Exception) -> None:
        self.dropped += 1
        malformed.record("signal", source, error)

    async def _probe(self, channel: str) -> None:
        while True:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                await self._layer.send(channel, {"type": "probe"})
            await asyncio.sleep(PROBE_S)
            if time.monotonic() - self._received_at > SILENCE_S:
                raise ConnectionError(f"nothing was received for {SILENCE_S:g} s")

    def _settle(self, room: str) -> None:
        joining = self._joining.pop(room, None)
        if joining is not None and not joining.done():
            joining.set_result(None)


def _report(error: Exception) -> None:
    logger.warning("the channel layer failed: %s: %s", type(error).__name__, error)


def _checked(signal: Any) -> Packed:
    sender, name, data, connection_id = signal
    texts = sender["id"], sender["name"], name, data, connection_id
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("sender, name, body and connection of a signal are strings")
    return sender, name, data, connection_id


def _read(packed: Packed) -> ReceivedSignal:
    sender, name, data, connection_id = packed
    return ReceivedSignal(sender, name, json.loads(data), connection_id)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
