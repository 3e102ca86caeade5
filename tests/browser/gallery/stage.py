"""A page of the gallery in a browser, and what it shows when a run has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page

PATIENCE_S = 60

# Resolves to what is shown at the end of the first run that was broken twice: by a cut, and by a kill.
WATCH = """() => {
  const scene = document.getElementById("scene");
  const shown = READ;
  const DRAWN_MS = 300;
  let opened = 0;
  let begun = { run: scene.dataset.run, opened: 0 };
  window.galleryNetwork.addEventListener("request", () => opened++);
  window.brokenRun = new Promise((resolve) => {
    new MutationObserver(() => {
      const { run, state } = scene.dataset;
      if (state !== "finished") {
        if (run !== begun.run) begun = { run, opened };
      } else if (run === begun.run && opened - begun.opened >= 2) {
        setTimeout(() => resolve({ run: Number(run), shown: shown() }), DRAWN_MS);
      }
    }).observe(scene, { attributes: true, attributeFilter: ["data-state", "data-run"] });
  });
}"""


def watch(page: Page, read: str) -> None:
    """From now on note what ``read``, a function of JavaScript, returns at the end of a broken run."""
    page.evaluate(WATCH.replace("READ", read))


def finished(page: Page) -> Mapping[str, Any]:
    """``{"run", "shown"}`` of the run that `watch` waits for."""
    page.set_default_timeout(PATIENCE_S * 1000)
    found: Mapping[str, Any] = page.evaluate("() => window.brokenRun")
    return found


def until(condition: Callable[[], bool], what: str, deadline_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        time.sleep(0.05)
