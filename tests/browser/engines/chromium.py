"""Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser.conftest import QUIET
from tests.browser.engines.tab import NOTE_ERRORS, Kind, Point, Profile, Tab


class ChromiumTab(Tab):
    def __init__(self, page: Page) -> None:
        self._page = page

    def goto(self, url: str) -> None:
        self._page.goto(url)

    @property
    def url(self) -> str:
        self._page.wait_for_timeout(1)  # lets Playwright note a navigation
        return self._page.url

    def run(self, script: str) -> Any:
        return self._page.evaluate(f"async () => {{ {script} }}")

    def drag(self, *points: Point) -> None:
        self._page.mouse.move(*points[0])
        self._page.mouse.down()
        for point in points[1:]:
            self._page.mouse.move(*point)
        self._page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def close(self) -> None:
        super().close()
        self._page.close()


class ChromiumProfile(Profile):
    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        context.add_init_script(NOTE_ERRORS)

    def sign_in(self, cookies: list[Any]) -> None:
        self._context.add_cookies(cookies)

    def open(self, kind: Kind = "window") -> Tab:
        return ChromiumTab(self._context.new_page())

    def close(self) -> None:
        self._context.close()


@contextmanager
def chromium(folder: Path) -> Iterator[Callable[[], Profile]]:
    with sync_playwright() as playwright:
        shell = shutil.which("chromium-headless-shell")
        browser = playwright.chromium.launch(executable_path=shell, args=QUIET)
        yield lambda: ChromiumProfile(browser.new_context())
        browser.close()
