"""Appends of the event loop: those that wait at the same time share a round trip to Redis (group commit).

Each is a call of append.lua of its own, with an answer of its own: what Redis refuses fails none of the
others. One group is on its way at a time; what arrives meanwhile is the next one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import hiredis
from redis.exceptions import ConnectionError, ResponseError

from hub.log import LogAway, redis_errors
from hub.log.redis_client import TIMEOUT_S
from hub.log.redis_connection import RedisConnection, pack

MAX_QUEUED_BYTES = 64 * 1024 * 1024  # beyond it further calls are refused at once
MAX_GROUP_BYTES = 1024 * 1024  # unless a single call has more

Command = Sequence[Any]

logger = logging.getLogger(__name__)


class Callback:
    """Called in place of a future that is waited for: without a turn of the loop, and never cancelled."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[Any], None]) -> None:
        self._call = call

    def done(self) -> bool:
        return False

    def set_result(self, reply: Any) -> None:
        try:
            self._call(reply)
        except Exception:
            # The others of the group have their replies behind it.
            logger.exception("the reply to an append was not handled")

    set_exception = set_result


@dataclass(slots=True, eq=False)
class _Call:
    packed: bytes
    reply: asyncio.Future[Any] | Callback
    repeated: bool = False


class GroupCommit(asyncio.Protocol):
    """One connection to Redis, and what waits for it. Belongs to one event loop.

    It is the connection's protocol, as a task that reads a stream would cost as much as the append itself.
    ``prepare`` gives the commands with which a connection begins; those with an error reply make it useless.
    """

    def __init__(self, url: str, prepare: Callable[[], Sequence[Command]]) -> None:
        self._url = url
        self._prepare = prepare
        self._queue: deque[_Call] = deque()
        self._queued_bytes = 0
        self._group: deque[_Call] = deque()  # on its way, without an answer yet
        self._connection: RedisConnection | None = None
        self._parser = hiredis.Reader()
        self._useless = False  # the connection, once the group is answered
        self._scheduled = False  # the next group
        self._connecting: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def call(self, *command: Any) -> Any:
        """The reply to a command.

        Raises `ResponseError` for an error reply, and `redis.exceptions.ConnectionError` if no reply came,
        within `TIMEOUT_S` of its own group and of the connection: it may have been done all the same. Raises
        `LogAway` if too many wait already.
        """
        reply = asyncio.get_running_loop().create_future()
        self._add(_Call(pack(command), reply))
        return await reply

    def request(self, done: Callable[[Any], None], *command: Any) -> None:
        """`call` without a task: ``done`` is called with the reply or with the exception, but that too many
        wait is raised."""
        self._add(_Call(pack(command), Callback(done)))

    def close(self) -> None:
        """Drop the connection; what is on its way is refused."""
        if self._connecting is not None:
            self._connecting.cancel()
        self._give_up("closed")

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        try:
            while self._group and (reply := self._parser.gets()) is not False:
                self._answer(self._group.popleft(), reply)
        except hiredis.HiredisError as error:
            return self._give_up(f"{type(error).__name__}: {error}")
        if not self._group:
            self._end_group()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None and self._connection.ended:  # else it is that of an earlier one
            self._give_up("Redis closed the connection")

    def _add(self, call: _Call) -> None:
        if self._queued_bytes + len(call.packed) > MAX_QUEUED_BYTES:
            raise LogAway("too many appends wait for Redis")
        self._enqueue(call)
        if not self._group:
            self._schedule()

    def _enqueue(self, call: _Call) -> None:
        self._queue.append(call)
        self._queued_bytes += len(call.packed)

    def _schedule(self) -> None:
        """Send the next group when all that is due in this turn of the loop has been called."""
        if not self._scheduled and self._connecting is None:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._scheduled = False
        if self._group or not self._queue or self._connecting is not None:
            return
        loop = asyncio.get_running_loop()
        if self._connection is None or self._connection.ended:
            self._connecting = loop.create_task(self._connect(), name="group commit")
            return
        size = 0
        while self._queue and (not self._group or size + len(self._queue[0].packed) <= MAX_GROUP_BYTES):
            call = self._queue.popleft()
            self._queued_bytes -= len(call.packed)
            if not call.reply.done():  # else its caller has gone
                size += len(call.packed)
                self._group.append(call)
        if self._group:
            self._deadline = loop.call_later(TIMEOUT_S, self._give_up, "Redis did not answer in time")
            self._connection.write(b"".join(call.packed for call in self._group))

    async def _connect(self) -> None:
        connection: RedisConnection | None = None
        try:
            connection = await RedisConnection.connect(self._url)
            async with asyncio.timeout(TIMEOUT_S):
                for command in self._prepare():
                    await connection.send(*command)
                    await connection.receive()
            self._parser, self._useless = hiredis.Reader(), False
            connection.receive_with(self)
            self._connection = connection
        except BaseException as error:
            if connection is not None:
                connection.close()
            self._connecting = None
            self._give_up(f"{type(error).__name__}: {error}")
            if not isinstance(error, OSError | hiredis.HiredisError):
                raise
        else:
            self._connecting = None
            self._send()

    def _answer(self, call: _Call, reply: Any) -> None:
        if not isinstance(reply, hiredis.ReplyError):
            if not call.reply.done():
                call.reply.set_result(reply)
            return
        error = ResponseError(str(reply))
        lost = str(reply).startswith("NOSCRIPT")
        self._useless = self._useless or lost or redis_errors.code(error) in redis_errors.MISDIRECTED
        if lost and not call.repeated:
            # Someone emptied the cache of scripts; the next connection fills it again.
            call.repeated = True
            self._enqueue(call)
        else:
            _refuse(call, error)

    def _end_group(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._useless:
            self._disconnect()
        if self._queue:
            self._schedule()

    def _give_up(self, reason: str) -> None:
        """Refuse a group, and all that waits behind it: it would wait as long, group after group."""
        self._disconnect()
        waiting: Iterable[_Call] = [*self._group, *self._queue]
        self._group.clear()
        self._queue.clear()
        self._queued_bytes = 0
        for call in waiting:
            _refuse(call, ConnectionError(reason))
        self._end_group()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._useless = False
        if connection is not None:
            connection.close()


def _refuse(call: _Call, error: Exception) -> None:
    if not call.reply.done():
        call.reply.set_exception(error)
