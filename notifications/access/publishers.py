"""Programs that publish live events, by their API keys, as the hub's endpoint asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from hub.errors import Problem
from hub.support.coalesce import BatchLoader
from hub.support.threads import in_thread
from notifications.access import api_keys, requests
from notifications.access.quotas import quotas
from notifications.models import ApiKey

SCOPE = "publish"
LOOKUP_S = 10.0


class KeyPublisher:
    """A `hub.ports.Publisher`: the program that an API key is of."""

    __slots__ = ("_key", "owner")

    def __init__(self, key: ApiKey) -> None:
        self._key = key
        self.owner = str(key.pk)

    def check(self, topics: Collection[str], /) -> None:
        api_keys.check_topics(self._key, topics)

    def spend(self, events: int, size: int, /) -> None:
        quotas.spend(self._key.pk, events=events, bytes=size)


class Publishers:
    """Looks keys up, those of concurrent requests together, and not again within `api_keys.CACHE_S`. Belongs
    to one event loop."""

    def __init__(self) -> None:
        self._loader = BatchLoader(_look_up)

    async def by_headers(self, headers: Mapping[str, str]) -> KeyPublisher:
        """The publisher of a request. Raises a `Problem` of 401 or 403, and what the database raises."""
        if (publisher := self.known(headers)) is not None:
            return publisher
        async with asyncio.timeout(LOOKUP_S):
            found = await self._loader.get(requests.api_key(headers.get("authorization")))
        if isinstance(found, Problem):
            raise found
        return KeyPublisher(found)

    def known(self, headers: Mapping[str, str]) -> KeyPublisher | None:
        """The same for a key that was looked up within `api_keys.CACHE_S`; None for any other one."""
        key = api_keys.known(requests.api_key(headers.get("authorization")), SCOPE)
        return None if key is None else KeyPublisher(key)


async def _look_up(texts: Sequence[str]) -> dict[str, ApiKey | Problem]:
    return await in_thread(api_keys.check_each, texts, SCOPE)
