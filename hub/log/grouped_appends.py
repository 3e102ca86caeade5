"""Appends of the event loop to Redis, which share round trips (`hub.log.group_commit`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hub.events import Draft
from hub.log import OnAppended, Terms, script
from hub.log.group_commit import GroupCommit
from hub.log.memory_limit import INFO, MemoryLimit
from hub.log.redis_errors import FAILURES, RedisOutage


class GroupedAppends:
    """``arguments`` gives the keys and arguments of append.lua, ``positions`` what its reply says, or raises
    what that refuses."""

    def __init__(
        self,
        group: GroupCommit,
        outage: RedisOutage,
        memory: MemoryLimit,
        arguments: Callable[[Sequence[Draft], None, Terms], tuple[list[str], list[Any]]],
        positions: Callable[[list[Any]], list[int]],
    ) -> None:
        self._group = group
        self._outage = outage
        self._memory = memory
        self._arguments = arguments
        self._positions = positions

    async def append(self, drafts: Sequence[Draft], terms: Terms) -> list[int]:
        """`hub.log.Log.append_grouped`."""
        with self._outage.checked():
            if terms.owner and self._memory.due():
                self._memory.read(await self._group.call(*INFO))
            reply = await self._group.call(*self._command(drafts, terms))
        return self._positions(reply)

    def append_soon(self, drafts: Sequence[Draft], terms: Terms, done: OnAppended) -> None:
        """`hub.log.Log.append_soon`."""

        def send(failure: Exception | None) -> None:
            if failure is not None:
                return done(failure)
            self._request(lambda: self._command(drafts, terms), self._positions, done)

        if terms.owner and self._memory.due():
            self._request(lambda: INFO, self._memory.read, send)
        else:
            send(None)

    def _request(
        self, command: Callable[[], Sequence[Any]], read: Callable[[Any], Any], done: Callable[[Any], None]
    ) -> None:
        """Call ``done`` with what ``read`` makes of the reply to a command, or with the exception."""

        def answer(reply: Any) -> None:
            try:
                if isinstance(reply, FAILURES):
                    raise self._outage.failure(reply) from reply
                result = read(reply)
            except Exception as error:
                result = error
            done(result)

        try:
            self._outage.check()
            self._group.request(answer, *command())
        except Exception as error:
            done(error)

    def _command(self, drafts: Sequence[Draft], terms: Terms) -> tuple[Any, ...]:
        keys, values = self._arguments(drafts, None, terms)
        return ("EVALSHA", script.APPEND_SHA, len(keys), *keys, *values)
