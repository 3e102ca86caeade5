"""An application of which a test overrides what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.ports import Application, Credentials, Entry, Person, Recovered


class StubApplication(Application):
    """No client is anyone, no right ends, and nothing is recovered."""

    async def admit(self, credentials: Credentials, topics: Sequence[str], own: bool, /) -> Person:
        raise NotImplementedError

    async def enter(self, credentials: Credentials, room: str, /) -> Entry:
        raise NotImplementedError

    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        return {}

    async def recover(self, after: Mapping[str, int], /) -> Recovered:
        return Recovered([], False, frozenset())
