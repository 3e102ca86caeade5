"""How many feeds an instance holds, of anybody."""

from __future__ import annotations

from collections import Counter

from hub.problems import Problem


class Caps:
    """Counted by person and by address; the instance's own cap stays below its descriptors."""

    def __init__(self, instance: int, per_person: int, per_address: int) -> None:
        self.instance = instance
        self._per_person = per_person
        self._per_address = per_address
        self._open: Counter[tuple[str, str]] = Counter()
        self._all = 0
        self.refused: Counter[str] = Counter(dict.fromkeys(("instance", "address", "person"), 0))  # by cap

    def check_address(self, address: str) -> None:
        """Refuse before anybody is asked who this is; raise a `Problem` of 429 or 503."""
        if self._all >= self.instance:
            self.refused["instance"] += 1
            raise Problem(503, "This instance holds all the feeds it may: come back.", retry_after=5)
        if self._open["address", address] >= self._per_address:
            self.refused["address"] += 1
            raise Problem(429, "Too many feeds are open from your address on this instance.", retry_after=10)

    def enter(self, person: str, address: str) -> None:
        """Count a feed in; raise a `Problem` of 429 for one too many of a person."""
        if self._open["person", person] >= self._per_person:
            self.refused["person"] += 1
            raise Problem(
                429,
                f"{self._per_person} feeds are open for you on this instance: close one, or share one "
                "between tabs.",
                retry_after=10,
            )
        self._all += 1
        self._open.update((("person", person), ("address", address)))

    def leave(self, person: str, address: str) -> None:
        self._all -= 1
        for of in (("person", person), ("address", address)):
            self._open[of] -= 1
            if not self._open[of]:
                del self._open[of]
