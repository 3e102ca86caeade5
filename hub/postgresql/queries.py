"""The queries that wait for an answer now."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg


class RunningQueries:
    """Since when each connection waits for the server. For use from any thread."""

    def __init__(self) -> None:
        self.answered_at = float("-inf")  # the last answer of the server, by `time.monotonic`
        self._began_at: dict[psycopg.Connection[Any], float] = {}
        self._lock = threading.Lock()

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        self._began_at[connection] = time.monotonic()

    def end(self, connection: psycopg.Connection[Any], *, answered: bool) -> None:
        with self._lock:  # a descriptor that `give_up` is about to use is not closed meanwhile
            self._began_at.pop(connection, None)
        if answered:
            self.answered_at = time.monotonic()

    def oldest_s(self) -> float:
        """Seconds that the longest of them waits; 0 if there are none."""
        began_at = list(self._began_at.values())
        return time.monotonic() - min(began_at) if began_at else 0.0

    def give_up(self, after_s: float) -> None:
        """Close the connections of those that wait longer; each raises `OperationalError` in its thread."""
        now = time.monotonic()
        with self._lock:
            for connection, began_at in list(self._began_at.items()):
                if now - began_at > after_s:
                    shut_down(connection)


def shut_down(connection: psycopg.Connection[Any]) -> None:
    """End a connection that another thread waits on."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as own:
        own.shutdown(socket.SHUT_RDWR)
