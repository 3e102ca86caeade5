"""Who may read runs: their owners, and those whom they are shared with as long as a topic of theirs is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from hub import topics
from hub.support.coalesce import BatchLoader
from hub.support.threads import in_thread
from notifications import user_model
from notifications.models import Run, RunShare
from notifications.user_model import Key


class RunReaders(NamedTuple):
    """The readers of a run: its owner, and the people of the topics that it is shared with."""

    owner: Key
    shares: frozenset[str]

    def include(self, person: Key, own: Collection[str]) -> bool:
        """Whether a person, with these topics of their inbox, is one of them."""
        return person == self.owner or not self.shares.isdisjoint(own)


def readers(requested: Collection[str]) -> dict[str, RunReaders]:
    """The readers of those of these topics that are runs', in two queries."""
    ids = {UUID(id): topic for topic in requested if (id := topics.run_id(topic)) is not None}
    if not ids:
        return {}
    shares: dict[UUID, set[str]] = {}
    for run, topic in RunShare.objects.filter(run__in=ids).values_list("run", "topic"):
        shares.setdefault(run, set()).add(topic)
    owners = Run.objects.filter(pk__in=ids).values_list("pk", "owner")
    return {ids[run]: RunReaders(owner, frozenset(shares.get(run, ()))) for run, owner in owners}


class RunLookup:
    """Looks runs up for many connections at a time. It belongs to one event loop."""

    def __init__(self) -> None:
        self._readers: BatchLoader[str, RunReaders] = BatchLoader(_load)

    async def readable(self, person: str, own: Collection[str], requested: Sequence[str]) -> frozenset[str]:
        """Those of these topics that are runs' which a person (by id) may read, with ``own`` as the topics of
        their inbox."""
        found = set()
        for topic in requested:
            if topics.run_id(topic) is not None:
                with suppress(KeyError):
                    readers = await self._readers.get(topic)
                    if readers.include(user_model.key_of(person), own):
                        found.add(topic)
        return frozenset(found)


async def _load(requested: Sequence[str]) -> dict[str, RunReaders]:
    return await in_thread(readers, requested)
