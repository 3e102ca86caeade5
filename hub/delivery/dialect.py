"""How events and notices become bytes: server-sent events on feeds, WebSocket frames in rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.events import Encoded, Event


class Dialect(Protocol):
    """What an endpoint's connections speak. Stateless; all connections of a topic speak the same one."""

    @property
    def live(self) -> Encoded:
        """From here on events arrive as they are appended."""

    @property
    def degraded(self) -> Encoded:
        """The log is not received; `live` follows."""

    @property
    def heartbeat(self) -> Encoded:
        """Nothing, to keep the connection open."""

    @property
    def slow(self) -> Encoded:
        """Closed: the reader let too much pile up."""

    @property
    def expired(self) -> Encoded:
        """Closed: the token or session expired."""

    @property
    def end(self) -> bytes:
        """The very last bytes on a socket."""

    def event(self, event: Event) -> Encoded: ...

    def frame(self, payload: bytes) -> bytes:
        """Any payloads, joined, as they go down a socket of ours."""

    def resume(self, position: int) -> Encoded:
        """From here the reader resumes, whatever the position of the event before."""

    def reset(self, topics: Sequence[str], position: int, reason: str) -> Encoded:
        """Something on these topics is gone from the log. It has no id: more may follow."""

    def revoked(self, *, retry: bool) -> Encoded:
        """Closed: a right ended; with ``retry`` the client may return with the rights that are left."""

    def retired(self) -> Encoded:
        """Closed: come back after a moment, to this instance or another."""
