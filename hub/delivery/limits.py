"""How many connections an instance holds, of anybody; feeds and rooms count together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.errors import Problem

RETRY_S = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What is open for one person: connections, and live topics over all their feeds."""

    connections: int = 0
    topics: int = 0


MUCH = Held(4, 50)  # beyond either, what a person holds is told to the other instances
NOTHING = Held()


class ConnectionLimits:
    """Counted by person and by address; the instance's own cap stays below its descriptors.

    An address is counted from the moment it asks to open something, a person once it is known who that is.
    """

    def __init__(
        self, instance: int, per_person: int, per_address: int, topics_per_person: int = 1_000_000
    ) -> None:
        self.instance = instance
        self._per_person = per_person
        self._per_address = per_address
        self._topics_per_person = topics_per_person
        self._addresses: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._topics: Counter[str] = Counter()  # of people
        self.much: set[str] = set()  # people for whom much is open here
        # What other instances hold for a person.
        self.elsewhere: Callable[[str], Held] = lambda person: NOTHING
        caps = ("instance", "address", "person", "topics")
        self.refused: Counter[str] = Counter(dict.fromkeys(caps, 0))  # by cap
        self._all = 0

    @contextmanager
    def opening(self, address: str) -> Iterator[None]:
        """Count an address in, before anybody is asked who this is; out again if what is done here fails.

        Raises a `Problem` of 429 or 503.
        """
        if self._all >= self.instance:
            self.refused["instance"] += 1
            raise Problem(503, "This instance holds all the connections it may: come back.", retry_after=5)
        if self._addresses[address] >= self._per_address:
            raise self._refuse(
                "address", f"{self._per_address} connections are open from your address here: close some."
            )
        self._all += 1
        self._addresses[address] += 1
        try:
            yield
        except BaseException:
            self._all -= 1
            _take(self._addresses, address, 1)
            raise

    def enter(self, person: str, topics: int = 0) -> None:
        """Count a person in, with so many live topics; raise a `Problem` of 429."""
        elsewhere = self.elsewhere(person)
        if self._people[person] + elsewhere.connections >= self._per_person:
            raise self._refuse(
                "person",
                f"{self._per_person} connections are open for you: close one, or share one between tabs.",
            )
        if topics and self._topics[person] + elsewhere.topics + topics > self._topics_per_person:
            raise self._refuse(
                "topics",
                f"A person's feeds carry at most {self._topics_per_person} live topics together: close one, "
                "or ask for fewer.",
            )
        self._people[person] += 1
        if topics:
            self._topics[person] += topics
        self._judge(person)

    def leave(self, person: str, address: str, topics: int = 0) -> None:
        self._all -= 1
        _take(self._addresses, address, 1)
        _take(self._people, person, 1)
        _take(self._topics, person, topics)
        self._judge(person)

    def held(self, person: str) -> Held:
        """What is open here for a person."""
        return Held(self._people.get(person, 0), self._topics.get(person, 0))

    def _judge(self, person: str) -> None:
        held = self.held(person)
        if held.connections > MUCH.connections or held.topics > MUCH.topics:
            self.much.add(person)
        else:
            self.much.discard(person)

    def _refuse(self, cap: str, detail: str) -> Problem:
        self.refused[cap] += 1
        return Problem(429, detail, retry_after=RETRY_S)


def _take(counted: Counter[str], of: str, number: int) -> None:
    counted[of] -= number
    if counted[of] <= 0:
        del counted[of]
