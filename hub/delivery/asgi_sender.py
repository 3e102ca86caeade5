"""ASGI's `send()` for a connection that stays open, where the server gives no socket away."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from hub.delivery.subscriber import Subscriber
from hub.support.asgi import Send

SEND_S = 30.0  # in which a server has to accept a message; a reader that takes longer is too slow


class AsgiSender:
    """Passes messages on until the server no longer accepts them, which closes the subscriber."""

    def __init__(self, send: Send, subscriber: Subscriber) -> None:
        self._send = send
        self._subscriber = subscriber
        self._ended = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if self._ended:
            return
        try:
            async with asyncio.timeout(SEND_S):
                await self._send(message)
        except TimeoutError:
            self._end("slow")
        except OSError:  # what ASGI has servers raise once the client is gone
            self._end("gone")

    def _end(self, reason: str) -> None:
        self._ended = True
        self._subscriber.close(reason)
