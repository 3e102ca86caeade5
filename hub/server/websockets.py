"""WebSockets of a project's own consumers under `manage.py serve`: Daphne's own, within its limits.

Rooms do not come here: their sockets are handed over (`hub.server.daphne`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

GOING_AWAY = 1001  # close code (RFC 6455, 7.4.1)
CLOSING_S = 5.0  # that consumers may take to end


def factory(server: Any) -> Any:
    """As in Daphne's `run`: with its limits on frames, messages, handshakes and pings."""
    made = WebSocketFactory(server, server=server.server_name)
    made.setProtocolOptions(
        autoPingTimeout=server.ping_timeout,
        allowNullOrigin=True,
        openHandshakeTimeout=server.websocket_handshake_timeout,
        maxMessagePayloadSize=server.websocket_max_message_size,
        maxFramePayloadSize=server.websocket_max_frame_size,
    )
    return made


async def close(connections: Mapping[Any, Mapping[str, Any]]) -> None:
    """Close all of a server's when it leaves: their consumers receive ``websocket.disconnect``, and have time
    to end."""
    consumers: list[asyncio.Task[None]] = []
    for protocol, details in connections.items():
        if not isinstance(protocol, WebSocketProtocol):
            continue
        if protocol.state == protocol.STATE_OPEN:
            protocol.sendCloseFrame(code=GOING_AWAY)
        if (consumer := details.get("application_instance")) is not None:
            consumers.append(consumer)
    if consumers:
        await asyncio.wait(consumers, timeout=CLOSING_S)
