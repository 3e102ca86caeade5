"""Walks docs/quickstart.md as somebody who has just come: its own commands, in a clean clone, with a browser.

    python -m tests.browser.newcomer

Prints the seconds of each step, and fails where the page does. HUB_PORT, HUB_HTTP_PORT, HUB_HTTPS_PORT
and HUB_INSTANCE_PORT move it elsewhere where the documented ports are taken.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from tests import ROOT
from tests.browser.conftest import QUIET
from tests.house.page import moved, page

# A step is a block, or a sentence that sends the reader to a page.
STEP = re.compile(r"^ *```(\w+)\n(.*?)^ *```$|^Open <(http[^>]+)>", re.M | re.S)
BELL = "notification-bell button.bell[data-state=live]"
READY = {"make run": "hub: http://", "make cluster": "cluster ready"}
READY_S = 120


class Newcomer:
    def __init__(self, folder: Path, context: BrowserContext) -> None:
        self.folder = folder
        self.checkout = folder / "notification-hub"
        self.tab = context.new_page()
        self.unread = -1  # no bell is looked at
        self.server: subprocess.Popen[bytes] | None = None
        self.downloaded = 0.0

    def walk(self, text: str) -> None:
        for kind, block, address in STEP.findall(text):
            if address:
                with timed(f"open {address} and sign in"):
                    self.look(address)
            elif block.startswith("git clone"):
                with timed("git clone"):
                    self.clone(block)
                with timed("download what it needs, into .venv"):
                    began = time.monotonic()
                    self.run("make .venv/run.stamp")
                    self.downloaded = time.monotonic() - began
            elif kind == "console":
                with timed(block.strip()):
                    self.serve(block)
            elif kind == "sh":
                with timed(block.partition("\n")[0]):
                    self.run(block)
                    self.ring()

    def clone(self, block: str) -> None:
        subprocess.run(["sh", "-eu", "-c", block.replace("ADDRESS", str(ROOT))], cwd=self.folder, check=True)

    def run(self, block: str) -> None:
        done = subprocess.run(
            ["bash", "-eu", "-c", block], cwd=self.checkout, capture_output=True, text=True, timeout=600
        )
        if done.returncode != 0:
            raise SystemExit(f"{block}\n{done.stdout}{done.stderr}")

    def serve(self, block: str) -> None:
        """Start it, instead of what is running, and return once it says that it is ready."""
        self.stop()
        log = self.folder / "log"
        with log.open("w") as out:
            self.server = subprocess.Popen(
                ["sh", "-c", f"exec {block}"],
                cwd=self.checkout,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        (ready,) = (word for command, word in READY.items() if block.startswith(command))
        deadline = time.monotonic() + READY_S
        while ready not in log.read_text():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{block.strip()} did not come up:\n{log.read_text()}")
            time.sleep(0.05)

    def look(self, address: str) -> None:
        self.tab.goto(address)
        if self.tab.get_by_label("Username").count():
            self.tab.get_by_label("Username").fill("alice")
            self.tab.get_by_label("Password").fill("demo")
            self.tab.get_by_role("button", name="Sign in").click()
        self.tab.locator(BELL).wait_for()
        self.unread = self.count()

    def ring(self) -> None:
        """Return once the bell that is looked at has counted up."""
        deadline = time.monotonic() + 10
        while self.unread >= 0 and self.count() <= self.unread:
            if time.monotonic() > deadline:
                raise SystemExit(f"the bell still says {self.unread}")
            self.tab.wait_for_timeout(20)
        self.unread = self.count() if self.unread >= 0 else -1

    def count(self) -> int:
        label = self.tab.locator("notification-bell button.bell").get_attribute("aria-label") or ""
        return int((re.findall(r"\d+", label) or ["0"])[0])

    def stop(self) -> None:
        self.unread = -1
        if self.server is not None and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGINT)  # Ctrl-C
            self.server.wait(60)
        self.server = None


@contextmanager
def timed(step: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  {step}", flush=True)


def addresses() -> dict[str, str]:
    """The documented ones, and those which the environment asks for instead."""
    first = int(os.environ.get("HUB_INSTANCE_PORT") or 8100)
    ports = {
        8000: os.environ.get("HUB_PORT") or 8000,
        8080: os.environ.get("HUB_HTTP_PORT") or 8080,
        8443: os.environ.get("HUB_HTTPS_PORT") or 8443,
        8101: first + 1,
        8102: first + 2,
    }
    return {f"127.0.0.1:{known}": f"127.0.0.1:{port}" for known, port in ports.items()}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=QUIET
        )
        newcomer = Newcomer(Path(folder), browser.new_context())
        began = time.monotonic()
        try:
            newcomer.walk(moved(page("quickstart").text, addresses()))
        finally:
            newcomer.stop()
        elapsed_s = time.monotonic() - began
        print(f"{elapsed_s:6.1f} s  in all, {elapsed_s - newcomer.downloaded:.1f} s without the downloads")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
