"""A page of the gallery in a browser, and what it shows when a run has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page

PATIENCE_S = 60
DRAWN_MS = 500

# Notes what is shown at the end of a run that was broken twice: by a cut, and by a kill.
WATCH = """() => {
  const scene = document.getElementById("scene");
  const shown = READ;
  let opened = 0;
  let begun = { run: scene.dataset.run, opened: 0 };
  window.galleryNetwork.addEventListener("request", () => opened++);
  window.brokenRun = null;
  new MutationObserver(() => {
    const { run, state } = scene.dataset;
    if (state !== "finished") {
      if (run !== begun.run) begun = { run, opened };
    } else if (run === begun.run && opened - begun.opened >= 2) {
      setTimeout(() => (window.brokenRun ??= { run: Number(run), shown: shown() }), 300);
    }
  }).observe(scene, { attributes: true, attributeFilter: ["data-state", "data-run"] });
}"""


def watch(page: Page, read: str) -> None:
    """From now on note what ``read``, a function of JavaScript, returns at the end of a broken run."""
    page.evaluate(WATCH.replace("READ", read))


def finished(page: Page, break_again: Callable[[], None]) -> Mapping[str, Any]:
    """``{"run", "shown"}`` of the run that `watch` waits for. On a slow machine one may be over before it was
    broken: then another one is."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found: Mapping[str, Any] | None = page.evaluate("() => window.brokenRun")
        if found is not None:
            return found
        if page.locator("#scene").get_attribute("data-state") == "finished":
            page.wait_for_timeout(DRAWN_MS)
            if page.evaluate("() => window.brokenRun") is None:
                break_again()
        page.wait_for_timeout(100)
    raise AssertionError("no run was broken and ended")


def until(condition: Callable[[], bool], what: str, deadline_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        time.sleep(0.05)
