"""Connection limits: per instance, per user and per IP address; feeds and rooms count together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from django.conf import settings

from hub.errors import Problem
from hub.support import descriptors

RETRY_S = 10


@dataclass(frozen=True, slots=True)
class Usage:
    """What is open for one user: connections; live topics of all their feeds, and rooms on shared sockets."""

    connections: int = 0
    topics: int = 0


HEAVY_USAGE = Usage(4, 50)  # beyond either, a user's usage is reported to the other instances
NO_USAGE = Usage()


class ConnectionLimits:
    """Counts by user (id) and by address; the limit per instance stays below its file descriptors.

    An address is counted from the moment it requests a connection, a user once authenticated.
    """

    def __init__(
        self, instance: int, *, per_user: int, per_address: int, topics_per_user: int = 1_000_000
    ) -> None:
        self.instance = instance
        self._per_user = per_user
        self._per_address = per_address
        self._topics_per_user = topics_per_user
        self._addresses: Counter[str] = Counter()
        self._users: Counter[str] = Counter()
        self._topics: Counter[str] = Counter()  # by user
        self.heavy_users: set[str] = set()  # with more than `HEAVY_USAGE` here
        # A user's usage on the other instances.
        self.usage_elsewhere: Callable[[str], Usage] = lambda user: NO_USAGE
        limits = ("instance", "address", "person", "topics")
        self.refused: Counter[str] = Counter(dict.fromkeys(limits, 0))  # by limit
        self._total = 0

    @classmethod
    def of_settings(cls) -> Self:
        return cls(
            min(settings.HUB_MAX_CONNECTIONS, descriptors.limit() - descriptors.RESERVED),
            per_user=settings.HUB_MAX_CONNECTIONS_PER_USER,
            per_address=settings.HUB_MAX_CONNECTIONS_PER_ADDRESS,
            topics_per_user=settings.HUB_MAX_TOPICS_PER_USER,
        )

    @contextmanager
    def opening(self, address: str) -> Iterator[None]:
        """Count an address in before its user is known, and out again if the block fails.

        Raises a `Problem` of 429 or 503.
        """
        if self._total >= self.instance:
            self.refused["instance"] += 1
            raise Problem(503, "This instance holds all the connections it may: come back.", retry_after=5)
        if self._addresses[address] >= self._per_address:
            raise self._refuse(
                "address", f"{self._per_address} connections are open from your address here: close some."
            )
        self._total += 1
        self._addresses[address] += 1
        try:
            yield
        except BaseException:
            self._total -= 1
            _subtract(self._addresses, address, 1)
            raise

    def enter(self, user: str, topics: int = 0) -> None:
        """Count a user in, with this number of live topics; raise a `Problem` of 429."""
        elsewhere = self.usage_elsewhere(user)
        if self._users[user] + elsewhere.connections >= self._per_user:
            raise self._refuse(
                "person",
                f"{self._per_user} connections are open for you: close one, or share one between tabs.",
            )
        self._check_topics(user, topics)
        self._users[user] += 1
        if topics:
            self._topics[user] += topics
        self._classify(user)

    def change(self, user: str, topics: int) -> None:
        """Count so many more live topics of a user who is in, or fewer; raise a `Problem` of 429."""
        if topics > 0:
            self._check_topics(user, topics)
            self._topics[user] += topics
        else:
            _subtract(self._topics, user, -topics)
        self._classify(user)

    def leave(self, user: str, address: str, topics: int = 0) -> None:
        self._total -= 1
        _subtract(self._addresses, address, 1)
        _subtract(self._users, user, 1)
        _subtract(self._topics, user, topics)
        self._classify(user)

    def usage(self, user: str) -> Usage:
        """What is open here for a user."""
        return Usage(self._users.get(user, 0), self._topics.get(user, 0))

    @property
    def entries(self) -> int:
        """How many counters are kept, of users and addresses; 0 when nothing is open."""
        return len(self._addresses) + len(self._users) + len(self._topics)

    def _check_topics(self, user: str, topics: int) -> None:
        elsewhere = self.usage_elsewhere(user).topics
        if topics and self._topics[user] + elsewhere + topics > self._topics_per_user:
            raise self._refuse(
                "topics",
                f"A person's feeds carry at most {self._topics_per_user} live topics together, and rooms on "
                "shared sockets count, too: close one, or ask for fewer.",
            )

    def _classify(self, user: str) -> None:
        usage = self.usage(user)
        if usage.connections > HEAVY_USAGE.connections or usage.topics > HEAVY_USAGE.topics:
            self.heavy_users.add(user)
        else:
            self.heavy_users.discard(user)

    def _refuse(self, limit: str, detail: str) -> Problem:
        self.refused[limit] += 1
        return Problem(429, detail, retry_after=RETRY_S)


def _subtract(counts: Counter[str], key: str, number: int) -> None:
    counts[key] -= number
    if counts[key] <= 0:
        del counts[key]
