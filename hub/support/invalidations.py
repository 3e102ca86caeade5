"""About whom it was said that their rights may have changed, and when: no answer from before may be used."""

from __future__ import annotations

EVERYBODY = "*"
MOST = 10_000  # names that are told apart


class Doubts:
    """Moments are numbers that only grow; names are ids of people, and whatever else rights hang on."""

    def __init__(self) -> None:
        self.told = False  # whether we hear at once of what changes; without the log nobody tells us
        self.moment = 0
        self._last: dict[str, int] = {}
        self._all = 0

    def add(self, name: str) -> None:
        self.moment += 1
        if name == EVERYBODY or len(self._last) >= MOST:
            self._all = self.moment
            self._last.clear()
        else:
            self._last[name] = self.moment

    def since(self, moment: int, *names: str) -> bool:
        """Whether what was asked about these names at a moment may be otherwise by now."""
        return self._all > moment or any(self._last.get(name, 0) > moment for name in names)
