"""What a test needs of a browser, whichever engine it is: profiles with tabs, scripts, a pointer and keys."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Literal, TypeVar

PATIENCE_S = 20
POLL_S = 0.03

Kind = Literal["tab", "window"]
Point = tuple[float, float]
Found = TypeVar("Found")

# For the next page, too; run before those of a page where the engine can.
NOTE_ERRORS = """
const note = (text) => {
  sessionStorage.errors = JSON.stringify([...JSON.parse(sessionStorage.errors ?? "[]"), text]);
};
addEventListener("error", ({ message }) => note(message));
addEventListener("unhandledrejection", ({ reason }) => note(`${reason}`));
addEventListener("securitypolicyviolation", ({ violatedDirective }) => note(violatedDirective));
"""
# All elements of a selector, in shadow roots too, that are shown.
FIND = """
const roots = (root) => [
  root,
  ...[...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => (shadowRoot ? roots(shadowRoot) : [])),
];
const find = (selector) =>
  roots(document)
    .flatMap((root) => [...root.querySelectorAll(selector)])
    .filter((node) => node.checkVisibility());
"""
# The middle of an element, unless something covers it.
MIDDLE = """
const [node] = find(%s);
if (!node) return null;
node.scrollIntoView({ block: "nearest" });
const { x, y, width, height } = node.getBoundingClientRect();
const middle = [x + width / 2, y + height / 2];
let top = document.elementFromPoint(...middle);
while (top?.shadowRoot?.elementFromPoint(...middle) && top !== top.shadowRoot.elementFromPoint(...middle))
  top = top.shadowRoot.elementFromPoint(...middle);
return node.contains(top) ? middle : null;
"""


class Tab(ABC):
    """One document after another. Selectors reach into open shadow roots and see only what is shown."""

    is_open = True

    @abstractmethod
    def goto(self, url: str) -> None:
        """Returns once the page is loaded."""

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def run(self, script: str) -> Any:
        """The answer, as JSON, of the body of an async function."""

    @abstractmethod
    def drag(self, *points: Point) -> None:
        """Press the pointer at the first point, move through the others, and release it; in CSS pixels."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """One after the other, each "Enter", "Escape" or a character."""

    def close(self) -> None:
        self.is_open = False

    @property
    def errors(self) -> list[str]:
        """What no page of this tab caught, and what broke a policy."""
        found: list[str] = self.run("return JSON.parse(sessionStorage.errors ?? '[]')")
        return found

    def click(self, selector: str) -> None:
        """Once it is there and nothing covers it."""
        self.drag(until(lambda: self.run(FIND + MIDDLE % json.dumps(selector)), f"{selector} can be clicked"))

    def texts(self, selector: str) -> list[str]:
        script = f"{FIND} return find({json.dumps(selector)}).map((node) => node.textContent.trim())"
        found: list[str] = self.run(script)
        return found

    def wait(self, selector: str, *texts: str) -> None:
        """Until these texts, and no others, are shown."""
        until(
            lambda: self.texts(selector) == [*texts],
            f"{selector} shows {texts}",
            lambda: self.texts(selector),
        )


class Profile(ABC):
    """A user's own cookies and storage."""

    @abstractmethod
    def sign_in(self, cookies: list[Any]) -> None:
        """With cookies as `tests.browser.visitor.session` has them."""

    @abstractmethod
    def open(self, kind: Kind = "window") -> Tab:
        """A blank one; in a window of its own it is not hidden by others."""

    @abstractmethod
    def close(self) -> None:
        """All tabs, and the profile."""


def until(
    find: Callable[[], Found],
    what: str,
    explain: Callable[[], object] | None = None,
    seconds: float = PATIENCE_S,
) -> Found:
    """The first answer that is true; `explain` says what was there instead."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        if time.monotonic() > deadline:
            instead = f", but {explain()}" if explain else ""
            raise AssertionError(f"not within {seconds} s: {what}{instead}")
        time.sleep(POLL_S)
    return found
