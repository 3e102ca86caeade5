"""Messages that providers send: parsed, counted against the sender's rates, and acted upon."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from hub.rooms import rate_limiter
from hub.rooms.dialect import Frame
from hub.rooms.documents import protocol
from hub.rooms.documents.connection import DocumentConnection
from hub.rooms.documents.document import Document
from hub.rooms.documents.protocol import NOTHING_NEW, QueryStates, States, Step1, Update
from hub.rooms.documents.registry import DocumentRegistry
from hub.rooms.protocol import Close, Malformed
from hub.rooms.rate_limiter import TooFast

ANSWER_COST = 2  # updates that a whole document counts as, for who asks for it

logger = logging.getLogger(__name__)


class DocumentFrames:
    """Called by both transports with the messages that arrived; closes a connection that breaks the rules."""

    def __init__(self, registry: DocumentRegistry) -> None:
        self._registry = registry

    def handle(
        self, document: Document, connection: DocumentConnection, messages: Iterable[tuple[bytes, bool]]
    ) -> None:
        """Each of ``messages`` is a payload and whether it is text; reading them may raise `Malformed` or
        `TooFast`."""
        try:
            for message, text in messages:
                if text:
                    raise Malformed("A document is talked about in binary frames, as y-websocket does.")
                for part in protocol.parse(message):
                    if connection.closed:
                        return
                    self._handle(document, connection, part)
        except Malformed as bad:
            connection.close_with(Close.MALFORMED, str(bad))
        except TooFast as fast:
            connection.close_with(Close.TOO_FAST, str(fast))
        except Exception:
            logger.exception("a frame of %s in %s could not be handled", connection.person.id, document.name)
            connection.close_with(Close.ERROR, "instance error")

    def _handle(
        self,
        document: Document,
        connection: DocumentConnection,
        message: Step1 | Update | States | QueryStates,
    ) -> None:
        limiter = connection.limiter
        match message:
            case Step1(vector):
                limiter.consume(rate_limiter.MESSAGES, ANSWER_COST)
                self._registry.answer(document, connection, vector)
            case Update(update):
                limiter.consume(rate_limiter.MESSAGES)
                if update != NOTHING_NEW:
                    self._registry.append(document, connection, message)
            case States(states):
                # Beyond the rate they are dropped silently: only the latest counts.
                if limiter.acquire(rate_limiter.SIGNALS):
                    self._registry.show(document, connection, states)
            case QueryStates():
                if limiter.acquire(rate_limiter.SIGNALS):
                    connection.put(Frame(_known(document)))


def _known(document: Document) -> bytes:
    return protocol.awareness_frame(protocol.encode_states(document.awareness.states()))
