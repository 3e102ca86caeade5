"""Requests to publish that are plain and come whole, without a request of Twisted's and a task of Daphne's.

Those two take more of the event loop than parsing an event and appending it. Plain is a `POST` to
``HUB_EVENTS_PATH`` with a length, a short head of ordinary fields, each given once, and nothing behind its
body. All else goes to Twisted as it came, with every refusal and bound: a head in parts, a large or a slow
body, pipelined requests, ``Expect``, an instance that leaves. The answers are the same bytes
(`tests/system/http/test_plain_posts.py`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from twisted.web.http import RESPONSES
from twisted.web.http_headers import Headers

from hub.server.twisted_internals import HookedChannel
from hub.support import mount
from hub.support.headers import fields

MAX_HEAD_BYTES = 4 * 1024
MAX_BYTES = 60 * 1024  # of a request, which is a little less than Twisted reads at once
MAX_HELD_BYTES = 16 * 1024  # of a request that comes in parts, as many clients send head and body
HOLD_S = 0.1  # in which the rest of it has to come
MAX_DEFERRED_BYTES = 16 * 1024  # that are read while a request is served, as Twisted does

_HEAD = re.compile(rb"POST ([!-~]+) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[\t -~]*\r\n)+)")
_LENGTH = re.compile(rb"[0-9]{1,6}")
# Fields that Twisted, Daphne or `hub.server.request` act on.
_UNUSUAL = frozenset(
    {b"daphne-root-path", b"expect", b"hub-upgrade", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)


class Reply(Protocol):
    """An answer, with the names of its fields in lower case."""

    @property
    def status(self) -> int: ...

    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]: ...

    @property
    def content(self) -> bytes: ...


# Serves the body of a request with these headers and this scheme; calls back once.
Post = Callable[[Mapping[str, str], str, bytes, Callable[[Reply], None]], None]


class Head(NamedTuple):
    """A head of ``size`` bytes that announces a body of ``length``."""

    size: int
    length: int
    headers: Mapping[str, str]
    scheme: str
    address: str


class PlainPosts:
    """The reading side of a connection that has posted: `receive` is called with all that comes."""

    __slots__ = ("_channel", "_deferred", "_head", "_held", "_known", "_paused", "_post", "_rest_due", "busy")

    def __init__(self, channel: HookedChannel, post: Post) -> None:
        self._channel = channel
        self._post = post
        self.busy = False  # a request waits for its answer
        self._head: Head | None = None  # the last one, …
        self._known = b""  # … in bytes: a client sends the same again and again
        self._held = b""  # of a request that has not come whole
        self._rest_due: asyncio.TimerHandle | None = None
        self._deferred: list[bytes] = []  # what came while busy
        self._paused = False

    def receive(self, data: bytes) -> None:
        if self.busy:
            return self._defer(data)
        if self._held:
            data = self._unhold() + data
        elif not (data.startswith(b"POST ") and self._channel.between_requests):
            return self._channel.parse(data)
        head = self._parse(data)
        missing = -1 if head is None else head.size + head.length - len(data)
        if head is None or missing < 0 or self._channel.server.leaving:
            self._channel.parse(data)
        elif missing:
            self._hold(data, head)
        else:
            self._serve(head, data)

    def lose(self) -> None:
        """The connection is lost."""
        self._unhold()
        self._deferred.clear()

    def _serve(self, head: Head, data: bytes) -> None:
        bodies = self._channel.server.bodies
        if not bodies.fits(head.address, head.length):
            return self._channel.parse(data)
        bodies.add(head.address, head.length)
        self.busy = True

        def answer(reply: Reply) -> None:
            bodies.remove(head.address, head.length)
            self.busy = False
            self._channel.write_now(_head(reply.status, reply.fields) + reply.content)
            if self._deferred:
                self._receive_deferred()

        self._post(head.headers, head.scheme, data[head.size :], answer)

    def _parse(self, data: bytes) -> Head | None:
        """The head of a plain request; None for any other."""
        if not self._known or not data.startswith(self._known):
            self._head = self._parse_head(data)
            self._known = b"" if self._head is None else data[: self._head.size]
        return self._head

    def _parse_head(self, data: bytes) -> Head | None:
        end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
        found = _HEAD.fullmatch(data, 0, end + 2) if end > 0 else None
        if found is None or found[1] != _target():
            return None
        rows = [row.partition(b":") for row in found[2].split(b"\r\n")[:-1]]
        given = {name.lower(): value.strip(b" \t") for name, _, value in rows}
        length = given.get(b"content-length", b"")
        if (
            len(given) < len(rows)
            or not _UNUSUAL.isdisjoint(given)
            or given.get(b"connection", b"keep-alive").lower() != b"keep-alive"
            or not _LENGTH.fullmatch(length)
            or not 0 < int(length) <= MAX_BYTES - end - 4
        ):
            return None
        believed, scheme, address = self._channel.server.believed(self._channel.peer, list(given.items()))
        return Head(end + 4, int(length), fields(believed), scheme, address)

    def _hold(self, data: bytes, head: Head) -> None:
        """Wait a moment for the rest of a small request."""
        if head.size + head.length > MAX_HELD_BYTES:
            return self._channel.parse(data)
        self._held = data
        self._rest_due = asyncio.get_running_loop().call_later(HOLD_S, self._give_up)

    def _unhold(self) -> bytes:
        data, self._held = self._held, b""
        if self._rest_due is not None:
            self._rest_due.cancel()
            self._rest_due = None
        return data

    def _give_up(self) -> None:
        self._channel.parse(self._unhold())

    def _defer(self, data: bytes) -> None:
        self._deferred.append(data)
        if not self._paused and sum(map(len, self._deferred)) > MAX_DEFERRED_BYTES:
            self._paused = True
            self._channel.pause_reading()

    def _receive_deferred(self) -> None:
        data = b"".join(self._deferred)
        self._deferred.clear()
        if self._paused:
            self._paused = False
            self._channel.resume_reading()
        self.receive(data)


def _target() -> bytes:
    return mount.at(settings.HUB_EVENTS_PATH).encode()


@lru_cache(maxsize=256)  # most answers are alike
def _head(status: int, fields_sent: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """The head of an answer, as Daphne and Twisted write it."""
    headers: Any = Headers()
    for name, value in (*fields_sent, (b"server", b"hub")):
        headers.addRawHeader(name, value)
    first = b"HTTP/1.1 %d %s\r\n" % (status, RESPONSES.get(status, b"Unknown Status"))
    sent = [b"%b: %b\r\n" % (name, value) for name, values in headers.getAllRawHeaders() for value in values]
    return b"".join([first, *sent, b"\r\n"])
