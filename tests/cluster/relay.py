"""An address in front of a server, as a virtual address or a balancer is: it may lead elsewhere tomorrow."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from tests.cluster.ports import HOST


class Relay:
    """Leads new connections to ``target``, a port; open ones stay where they are.

    While it is held it is a black hole: connections are accepted, and nothing comes through.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    def hold(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.clear)

    def let_go(self) -> None:
        """Pass on what was held, too."""
        self._loop.call_soon_threadsafe(self._passing.set)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._accept, HOST, self.port)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        try:
            from_target, to_target = await asyncio.open_connection(HOST, self.target)
        except OSError:
            return writer.close()
        try:
            await asyncio.gather(self._pass_on(reader, to_target), self._pass_on(from_target, writer))
        finally:
            writer.close()
            to_target.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self._passing.wait()
                writer.write(data)
        except OSError:
            pass
        writer.close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
