"""Which sockets are readable, writable or hung up: one epoll on Linux, the event loop elsewhere.

Both classes are driven by `hub.delivery.sockets` and have the methods of `select.epoll` that it needs.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

# Bit masks of an interest and of what happened; on Linux those of epoll.
READABLE = getattr(select, "EPOLLIN", 0x001)
WRITABLE = getattr(select, "EPOLLOUT", 0x004)
HUNG_UP = (
    getattr(select, "EPOLLRDHUP", 0x2000)
    | getattr(select, "EPOLLHUP", 0x010)
    | getattr(select, "EPOLLERR", 0x008)
)
MAX_EVENTS = 1000  # sockets that one poll returns


class Readiness(Protocol):
    """Level-triggered. `HUNG_UP` is always part of an interest, asked for or not."""

    def register(self, socket: socket.socket, interest: int) -> None: ...

    def modify(self, socket: socket.socket, interest: int) -> None: ...

    def unregister(self, socket: socket.socket) -> None:
        """Call it before the socket is closed."""

    def poll(self) -> list[tuple[int, int]]:
        """Descriptors that are ready, each with its mask; never blocks."""


class EpollReadiness:
    """One epoll, itself watched by the event loop: idle sockets cost a turn of the loop nothing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        """``ready`` is called on the loop in every turn in which a poll would return something."""
        self._epoll = select.epoll()
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        loop.add_reader(self._epoll.fileno(), ready)

    def poll(self) -> list[tuple[int, int]]:
        return self._epoll.poll(0, MAX_EVENTS)


class LoopReadiness:
    """The same by `add_reader` and `add_writer`, for systems without epoll (macOS).

    A hang-up is seen by reading alone; behind bytes that nobody reads, the next write shows it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        self._loop = loop
        self._ready = ready
        self._happened: defaultdict[int, int] = defaultdict(int)
        self._due = False

    def register(self, socket: socket.socket, interest: int) -> None:
        self.modify(socket, interest)

    def modify(self, socket: socket.socket, interest: int) -> None:
        if interest & READABLE:
            self._loop.add_reader(socket, self._note, socket.fileno(), READABLE)
        else:
            self._loop.add_reader(socket, self._peek, socket)
        if interest & WRITABLE:
            self._loop.add_writer(socket, self._note, socket.fileno(), WRITABLE)
        else:
            self._loop.remove_writer(socket)

    def unregister(self, socket: socket.socket) -> None:
        self._loop.remove_reader(socket)
        self._loop.remove_writer(socket)
        self._happened.pop(socket.fileno(), None)

    def poll(self) -> list[tuple[int, int]]:
        happened = list(self._happened.items())
        self._happened.clear()
        return happened

    def _note(self, descriptor: int, mask: int) -> None:
        self._happened[descriptor] |= mask
        if not self._due:
            # Once a turn of the loop, whatever the number of sockets.
            self._due = True
            self._loop.call_soon(self._announce)

    def _announce(self) -> None:
        self._due = False
        self._ready()

    def _peek(self, peer: socket.socket) -> None:
        try:
            hung_up = not peer.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            hung_up = True
        if hung_up:
            self._note(peer.fileno(), HUNG_UP)
        else:
            self._loop.remove_reader(peer)  # it would be ready for ever


def readiness(loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> Readiness:
    """The best that this system has; ``ready`` as of `EpollReadiness`."""
    return EpollReadiness(loop, ready) if hasattr(select, "epoll") else LoopReadiness(loop, ready)
