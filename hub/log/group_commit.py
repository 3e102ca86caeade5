"""Appends of the event loop: those that wait at the same time share a round trip to Redis (group commit).

Each is a call of append.lua of its own, with an answer of its own: what Redis refuses fails none of the
others. One group is on its way at a time; what arrives meanwhile is the next one.
"""

from __future__ import annotations

import asyncio
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


@dataclass(slots=True, eq=False)
class _Call:
    packed: bytes
    reply: asyncio.Future[Any]
    repeated: bool = False


class GroupCommit:
    """One connection to Redis, and what waits for it. Belongs to one event loop.

    ``prepare`` gives the commands with which a connection begins; those with an error reply make it useless.
    """

    def __init__(self, url: str, prepare: Callable[[], Sequence[Command]]) -> None:
        self._url = url
        self._prepare = prepare
        self._queue: deque[_Call] = deque()
        self._queued_bytes = 0
        self._connection: RedisConnection | None = None
        self._committing: asyncio.Task[None] | None = None

    async def call(self, *command: Any) -> Any:
        """The reply to a command.

        Raises `ResponseError` for an error reply, and `redis.exceptions.ConnectionError` if no reply came,
        within `TIMEOUT_S` of its own group and of the connection: it may have been done all the same. Raises
        `LogAway` if too many wait already.
        """
        packed = pack(command)
        if self._queued_bytes + len(packed) > MAX_QUEUED_BYTES:
            raise LogAway("too many appends wait for Redis")
        call = _Call(packed, asyncio.get_running_loop().create_future())
        self._queue.append(call)
        self._queued_bytes += len(packed)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all(), name="group commit")
        return await call.reply

    def close(self) -> None:
        """Drop the connection; what is on its way is refused."""
        if self._committing is not None:
            self._committing.cancel()
        self._give_up((), "closed")

    async def _commit_all(self) -> None:
        group: list[_Call] = []
        try:
            while group := self._next_group():
                await self._commit(group)
        except (OSError, hiredis.HiredisError) as error:
            self._give_up(group, f"{type(error).__name__}: {error}")
        except BaseException:
            self._give_up(group, "the group was not appended")
            raise
        finally:
            self._committing = None

    def _give_up(self, group: Iterable[_Call], reason: str) -> None:
        """Refuse a group, and all that waits behind it: it would wait as long, group after group."""
        self._disconnect()
        waiting = [*group, *self._queue]
        self._queue.clear()
        self._queued_bytes = 0
        for call in waiting:
            _refuse(call, ConnectionError(reason))

    def _next_group(self) -> list[_Call]:
        group: list[_Call] = []
        size = 0
        while self._queue and (not group or size + len(self._queue[0].packed) <= MAX_GROUP_BYTES):
            call = self._queue.popleft()
            self._queued_bytes -= len(call.packed)
            if not call.reply.done():  # else its caller has gone
                size += len(call.packed)
                group.append(call)
        return group

    async def _commit(self, group: list[_Call]) -> None:
        connection = await self._connected()
        unanswered = deque(group)
        useless = False
        async with asyncio.timeout(TIMEOUT_S):
            connection.write(b"".join(call.packed for call in group))
            while unanswered:
                for reply in await connection.read():
                    call = unanswered.popleft()
                    if not isinstance(reply, hiredis.ReplyError):
                        if not call.reply.done():
                            call.reply.set_result(reply)
                        continue
                    error = ResponseError(str(reply))
                    lost = str(reply).startswith("NOSCRIPT")
                    useless = useless or lost or redis_errors.code(error) in redis_errors.MISDIRECTED
                    if lost and not call.repeated:
                        # Someone emptied the cache of scripts; the next connection fills it again.
                        call.repeated = True
                        self._queue.append(call)
                        self._queued_bytes += len(call.packed)
                    else:
                        _refuse(call, error)
        if useless:
            self._disconnect()

    async def _connected(self) -> RedisConnection:
        """The connection, or a new one if it has ended."""
        if self._connection is not None and self._connection.ended:
            self._disconnect()
        if self._connection is None:
            connection = await RedisConnection.connect(self._url)
            self._connection = connection
            async with asyncio.timeout(TIMEOUT_S):
                for command in self._prepare():
                    await connection.send(*command)
                    await connection.receive()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _refuse(call: _Call, error: Exception) -> None:
    if not call.reply.done():
        call.reply.set_exception(error)
