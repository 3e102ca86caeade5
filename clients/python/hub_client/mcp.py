"""Resumable streams for servers of the MCP Python SDK, kept in the hub's log: a client that was cut goes on
at any process. Needs the extra ``mcp``.

The SDK's transport: streamable HTTP of the Model Context Protocol, revision 2025-11-25, "Resumability and
redelivery".
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any
from urllib.parse import quote, unquote

from mcp.server.lowlevel import Server
from mcp.server.streamable_http import (
    EventCallback,
    EventId,
    EventMessage,
    EventStore,
    StreamableHTTPServerTransport,
    StreamId,
)
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from hub_client.async_hub import AsyncHub
from hub_client.messages import Event, Reset
from hub_client.publishing import Draft

TYPE = "mcp"  # of the events
PART_CHARACTERS = 15_000  # of a message in one event, whose data has 64 KiB at most
TOKEN_S = 3600


class HubEventStore(EventStore):
    """The streams of one session, each a topic. Sessions number their streams alike: none shares a store.

    An event's id names its topic, which nobody can guess, so that any store replays it. ``user`` is somebody
    whose token reads the topics: a service account. The hub's key has the scopes `publish` and `tokens`.
    """

    def __init__(self, hub: AsyncHub, user: str) -> None:
        self._hub = hub
        self._user = user
        self._session = uuid.uuid4().hex

    async def store_event(self, stream_id: StreamId, message: JSONRPCMessage | None) -> EventId:
        """Raises `HubError` if the hub does not take it."""
        text = "" if message is None else message.model_dump_json(by_alias=True, exclude_unset=True)
        parts = [text[at : at + PART_CHARACTERS] for at in range(0, len(text) or 1, PART_CHARACTERS)]
        topic = _topic(self._session, stream_id)
        last = len(parts) - 1
        drafts = [Draft(topic, TYPE, {"text": part, "last": n == last}) for n, part in enumerate(parts)]
        position = (await self._hub.publish_many(drafts))[-1]
        return f"{self._session}.{position}.{quote(stream_id, safe='')}"

    async def replay_events_after(
        self, last_event_id: EventId, send_callback: EventCallback
    ) -> StreamId | None:
        """Send what follows, as it is stored, up to the response; None: nothing is left to be sent then."""
        session, _, rest = last_event_id.partition(".")
        position, _, quoted = rest.partition(".")
        if not (len(session) == 32 and session.isalnum() and session.isascii() and position.isdecimal()):
            return None
        stream_id = unquote(quoted)
        topic = _topic(session, stream_id)

        async def token() -> str:
            return (await self._hub.token(self._user, [topic], TOKEN_S)).token

        text = ""
        async with self._hub.subscribe([topic], position, token=token, own=False) as feed:
            async for event in feed:
                if isinstance(event, Reset):
                    await send_callback(EventMessage(_lost(stream_id)))
                    return None
                if not isinstance(event, Event):
                    continue
                text += event.data["text"]
                if event.data["last"] and text:
                    message = jsonrpc_message_adapter.validate_json(text)
                    text = ""
                    await send_callback(EventMessage(message, f"{session}.{event.id}.{quoted}"))
                    if isinstance(message, JSONRPCResponse | JSONRPCError):
                        return None
        return None


class HubSessionManager(StreamableHTTPSessionManager):
    """The SDK's manager, whose sessions keep their streams in the hub. A client may resume at another process
    than the one that its session is of, which goes on with its calls."""

    def __init__(self, app: Server[Any], hub: AsyncHub, user: str, **options: Any) -> None:
        self._hub = hub
        self._user = user
        super().__init__(app, **options)

    @property
    def event_store(self) -> EventStore | None:
        """A store for one session more."""
        return HubEventStore(self._hub, self._user)

    @event_store.setter
    def event_store(self, store: EventStore | None) -> None:
        if store is not None:
            raise ValueError("Sessions have the hub's store: leave event_store out.")

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method != "GET" or not request.headers.get("last-event-id"):
            return await super().handle_request(scope, receive, send)
        transport = StreamableHTTPServerTransport(
            request.headers.get("mcp-session-id"),
            event_store=self.event_store,
            security_settings=self.security_settings,
        )
        async with transport.connect():
            try:
                await transport.handle_request(scope, receive, send)
            finally:
                await transport.terminate()


def _topic(session: str, stream_id: StreamId) -> str:
    return f"mcp-{session}-{hashlib.sha256(stream_id.encode()).hexdigest()[:16]}"


def _lost(stream_id: StreamId) -> JSONRPCError:
    error = ErrorData(code=INTERNAL_ERROR, message="The rest of this stream is lost: call again.")
    return JSONRPCError(jsonrpc="2.0", id=stream_id, error=error)
