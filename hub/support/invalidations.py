"""When the rights of whom may have changed: a cached answer from before may not be used any more."""

from __future__ import annotations

EVERYONE = "*"
MAX_NAMES = 10_000  # beyond it they are forgotten, as if everyone's rights had changed


class Invalidations:
    """The last change by name: the id of a person, or what else rights depend on.

    A moment is a number that only grows. While not ``complete``, changes may be missing, as without the log
    none arrive.
    """

    def __init__(self) -> None:
        self.complete = False
        self.moment = 0
        self._last: dict[str, int] = {}
        self._last_of_everyone = 0

    def add(self, name: str) -> None:
        """Rights of this person, or whatever the name stands for, may have changed now."""
        self.moment += 1
        if name == EVERYONE or len(self._last) >= MAX_NAMES:
            self._last_of_everyone = self.moment
            self._last.clear()
        else:
            self._last[name] = self.moment

    def since(self, moment: int, *names: str) -> bool:
        """Whether an answer about any of these names may have changed after this moment."""
        return self._last_of_everyone > moment or any(self._last.get(name, 0) > moment for name in names)
