"""A receiver of a log that keeps nothing."""

from __future__ import annotations

from hub.events import Event


class SilentReceiver:
    def received(self, event: Event) -> None: ...

    def disconnected(self) -> None: ...

    def restored(self) -> None: ...
