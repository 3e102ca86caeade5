"""What the clients of a document show of themselves: names, cursors. It may be lost, and expires."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from hub.rooms.documents.protocol import State, left

EXPIRY_S = 45.0  # clients repeat theirs every 15 s, and drop those of others after 30 s
MAX_KNOWN = 2000
MAX_OF_A_CONNECTION = 8


@dataclass(slots=True)
class _Known:
    state: State
    person: str
    connection: str
    until: float


class Awareness:
    """The states of a document's clients, on all instances. A client is its person's: no one else changes it.

    Providers send on what they receive, so that a state comes back from everyone: only what is newer than
    what is known goes any further.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def update(self, states: Iterable[State], person: str, connection: str) -> list[State]:
        """Take states that a connection (by id) sent, and return those that are new."""
        now = time.monotonic()
        mine = sum(known.connection == connection for known in self._known.values())
        fresh: list[State] = []
        for state in states:
            known = self._known.get(state.client)
            if known is not None and known.until < now:
                known = None
            if known is None:
                if state.left or mine >= MAX_OF_A_CONNECTION or len(self._known) >= MAX_KNOWN:
                    continue
                mine += 1
            elif known.person != person or not _is_newer(state, known.state):
                continue
            self._known[state.client] = _Known(state, person, connection, now + EXPIRY_S)
            fresh.append(state)
        return fresh

    def leave(self, connection: str) -> list[State]:
        """The states by which others are told that the clients of a connection left."""
        gone = [
            left(known.state)
            for known in self._known.values()
            if known.connection == connection and not known.state.left
        ]
        for state in gone:
            self._known[state.client].state = state
        return gone

    def states(self, connections: Iterable[str] | None = None) -> list[State]:
        """Those of all clients that are there, or of those of these connections."""
        now = time.monotonic()
        self._known = {client: known for client, known in self._known.items() if known.until >= now}
        of = None if connections is None else set(connections)
        return [
            known.state
            for known in self._known.values()
            if not known.state.left and (of is None or known.connection in of)
        ]


def _is_newer(state: State, known: State) -> bool:
    if state.clock == known.clock:
        return state.left and not known.left
    return state.clock > known.clock
