"""What accepted connections inherit from the socket on which they were accepted."""

from __future__ import annotations

import socket

# A client that vanished without closing, or behind a relay that no longer reads for it, leaves heartbeats
# unacknowledged. The kernel would go on for a quarter of an hour, and the client would count as connected.
MAX_UNACKNOWLEDGED_MS = 90_000


def configure(listener: socket.socket) -> None:
    """Have the kernel end connections that acknowledge nothing for `MAX_UNACKNOWLEDGED_MS`, where it can."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, MAX_UNACKNOWLEDGED_MS)
