"""How much memory Redis may take, of which the share of an owner is a part."""

from __future__ import annotations

import re
import time
from typing import Any

from hub.log import DEFAULT_MEMORY_BYTES

INFO = ("INFO", "memory")  # the command whose reply says it
TTL_S = 60  # that it is cached
RETRY_S = 1.0  # after a command that failed, or while one is on its way

_MAX_MEMORY = re.compile(r"^maxmemory:(\d+)", re.MULTILINE)


class MemoryLimit:
    """``bytes`` is `DEFAULT_MEMORY_BYTES` where Redis names no maximum."""

    def __init__(self) -> None:
        self.bytes = DEFAULT_MEMORY_BYTES
        self._until = 0.0

    def due(self) -> bool:
        """Whether the caller has to read it (again); one of those who ask at the same time."""
        now = time.monotonic()
        if now < self._until:
            return False
        self._until = now + RETRY_S
        return True

    def read(self, reply: Any) -> None:
        """The reply to `INFO`: bytes, or what redis-py makes of them."""
        if isinstance(reply, bytes):
            found = _MAX_MEMORY.search(reply.decode())
            limit = int(found[1]) if found else 0
        else:
            limit = int(reply.get("maxmemory", 0))
        self.bytes = limit or DEFAULT_MEMORY_BYTES
        self._until = time.monotonic() + TTL_S
