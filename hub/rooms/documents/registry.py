"""The documents that are open in this process: from the first connection until all left, and all is saved."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Sequence

from channels.layers import BaseChannelLayer

from hub.delivery.fanout import Fanout
from hub.events import BadEvent, Event
from hub.log import Log, LogAway
from hub.log.entries import UPDATE
from hub.ports import Application
from hub.rooms.dialect import Frame
from hub.rooms.documents import dialect, protocol
from hub.rooms.documents.connection import DocumentConnection
from hub.rooms.documents.document import Document
from hub.rooms.documents.loader import Loader
from hub.rooms.documents.protocol import NOTHING_NEW, State, Update
from hub.rooms.documents.update_queue import UpdateQueue
from hub.rooms.protocol import Close, Malformed
from hub.rooms.registry import ROOM_DELETED
from hub.rooms.signals import ReceivedSignal, Signals
from hub.support.faults import malformed

WHO_IS_HERE = "#who"  # a signal between instances: they answer with the states of their clients


logger = logging.getLogger(__name__)


class DocumentRegistry:
    """Opens documents, and passes them their events and signals; `hub.rooms.documents.saver` closes them.

    ``layer`` carries states between instances, and has to be this registry's alone: it is flushed at need.
    """

    def __init__(
        self, log: Log, fanout: Fanout, layer: BaseChannelLayer, *, application: Application, max_bytes: int
    ) -> None:
        self._log = log
        self._fanout = fanout
        self._application = application
        self._loader = Loader(log, application)
        self._max_bytes = max_bytes
        self.signals = Signals(layer, self._deliver)
        self.dialect = dialect.DocumentDialect(self._lost)
        self.documents: dict[str, Document] = {}  # by topic
        self.opening: dict[str, asyncio.Task[None]] = {}
        self._queues: dict[str, UpdateQueue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        fanout.control.on(ROOM_DELETED, self._close_deleted)

    async def enter(
        self, connection: DocumentConnection, write: Callable[[bytes], Awaitable[None]]
    ) -> Document:
        """The document, with all that was appended so far, open for this connection too."""
        topic, name = connection.entry.topic, connection.entry.room
        document = self.documents.setdefault(topic, Document(name, topic))
        document.name = name  # it may have been renamed
        document.connections[connection] = None
        while not connection.closed:
            try:
                await self._fanout.join(connection)
                if not connection.closed:
                    await self._open(document)
                break
            except LogAway as error:
                logger.info("a connection to a document waits for the log: %s", error)
                await write(connection.dialect.degraded.payload)
                await self._fanout.until_live()
        return document

    def leave(self, connection: DocumentConnection) -> None:
        document = self.documents.get(connection.entry.topic)
        if document is None or connection not in document.connections:
            return
        del document.connections[connection]
        self._send(document, connection, document.awareness.leave(connection.id))
        if not document.connections:
            document.complete = False  # what is appended from now on may not be received
            document.departures += 1
            self.close_if_idle(document)

    def close_if_idle(self, document: Document) -> None:
        """Forget a document that no one has open, and of which everything is saved."""
        topic = document.topic
        queue = self._queues.get(topic)
        if document.connections or document.save_at is not None or topic in self.opening:
            return
        if (queue is None or queue.idle) and self.documents.get(topic) is document:
            del self.documents[topic]
            self._queues.pop(topic, None)
            self._start(self.signals.leave(topic))

    def receive(self, event: Event) -> None:
        """Called with every event of a room's topic, before its delivery."""
        document = self.documents.get(event.topic)
        if document is None or event.type != UPDATE:
            return
        try:
            document.add(dialect.update(event))
        except BadEvent as error:
            return malformed.record("update of a document", event.topic, error)
        if document.complete:
            document.position = max(document.position, event.position)
        document.changed(here=False)
        if document.fold_is_due:
            self._start(_fold(document))

    def append(self, document: Document, connection: DocumentConnection | None, update: Update) -> None:
        """Have the log take an update. It comes back to everyone, its sender too: that acknowledges it."""
        if len(update.update) > protocol.MAX_UPDATE_BYTES:
            if connection is not None:
                detail = (
                    f"An update takes at most {protocol.MAX_UPDATE_BYTES} bytes: make it in several steps."
                )
                connection.close_with(Close.TOO_BIG, detail)
            return
        queue = self._queues.get(document.topic)
        if queue is None:
            queue = UpdateQueue(document, self._log, max_bytes=self._max_bytes)
            self._queues[document.topic] = queue
        queue.put(connection, update)

    async def flush(self) -> None:
        """Return once every update that has arrived is appended or refused."""
        await asyncio.gather(*(queue.flush() for queue in self._queues.values()))

    def answer(self, document: Document, connection: DocumentConnection, vector: bytes) -> None:
        """Send what the document has beyond a state vector; of those that come meanwhile the last counts."""
        connection.vector = vector
        if not connection.answering:
            connection.answering = True
            self._start(self._answer(document, connection))

    def show(self, document: Document, connection: DocumentConnection, states: Sequence[State]) -> None:
        """Pass on what is new of what a client shows of itself, and of others."""
        fresh = document.awareness.update(states, connection.person.id, connection.id)
        self._send(document, connection, fresh)

    def _send(self, document: Document, connection: DocumentConnection, states: Sequence[State]) -> None:
        for state in states:
            body = base64.b64encode(protocol.encode_states([state])).decode()
            self.signals.send(document.topic, connection.user, str(state.client), body, connection.id)

    async def _answer(self, document: Document, connection: DocumentConnection) -> None:
        try:
            while connection.vector is not None and not connection.closed:
                vector, connection.vector = connection.vector, None
                connection.put(Frame(protocol.step_2_frame(await document.missing(vector))))
        except Malformed as bad:
            connection.close_with(Close.MALFORMED, str(bad))
        finally:
            connection.answering = False

    async def _open(self, document: Document) -> None:
        """Once for all that enter at the same time; raises `LogAway`."""
        topic = document.topic
        while document.connections and not document.complete:
            if topic not in self.opening:
                opening = asyncio.create_task(self._read(document))
                opening.add_done_callback(lambda _: self.opening.pop(topic))
                self.opening[topic] = opening
            await asyncio.shield(self.opening[topic])

    async def _read(self, document: Document) -> None:
        """Have all of it. The topic is joined: what is appended from now on is received."""
        departures = document.departures
        await self.signals.join(document.topic)
        self.signals.send(document.topic, {"id": "", "name": ""}, WHO_IS_HERE, None, "")
        newer = await self._loader.load(document)
        # If everyone left meanwhile, the topic may have been left as well.
        document.complete = bool(document.connections) and departures == document.departures
        if newer:
            document.changed(here=False)

    def _lost(self, topics: Sequence[str]) -> None:
        """The log lost events of these topics: what only this instance may still have is appended again."""
        for topic in topics:
            document = self.documents.get(topic)
            if document is not None and document.complete:
                document.complete = False  # once, however many have it open: they come back
                self._start(self._append_lost(document))

    async def _append_lost(self, document: Document) -> None:
        snapshot, position = await self._application.document(document.topic)
        kept = Document(document.name, document.topic)
        kept.add(snapshot or NOTHING_NEW)
        missing = await document.missing(await kept.vector())
        if snapshot:
            document.add(snapshot)
        document.stored = position
        if missing != NOTHING_NEW:
            self.append(document, None, Update(missing, answers=False))
        document.changed(here=True)

    def _deliver(self, topic: str, signals: list[ReceivedSignal]) -> None:
        """Send the states of clients, here or elsewhere, to those who have the document open."""
        document = self.documents.get(topic)
        if document is None:
            return
        states: list[State] = []
        for signal in signals:
            if signal.name == WHO_IS_HERE:
                self._show_all(document)
            else:
                try:
                    received = list(protocol.states(base64.b64decode(signal.body, validate=True)))
                except (ValueError, TypeError) as error:  # `Malformed` is a `ValueError`
                    malformed.record("state", topic, error)
                    continue
                document.awareness.update(received, signal.sender["id"], signal.connection_id)
                states += received
        if states:
            frame = Frame(protocol.awareness_frame(protocol.encode_states(states)))
            for connection in list(document.connections):
                if connection.live:
                    connection.put(frame)

    def _show_all(self, document: Document) -> None:
        for connection in document.connections:
            self._send(document, connection, document.awareness.states([connection.id]))

    def _close_deleted(self, data: dict[str, str]) -> None:
        document = self.documents.get(data["topic"])
        for connection in list(document.connections) if document else ():
            connection.close_with(Close.NOT_FOUND, "This document was deleted.")

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("work on a document failed", exc_info=error)


async def _fold(document: Document) -> None:
    await document.fold()
