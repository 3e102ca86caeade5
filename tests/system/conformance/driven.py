"""A client under test: its driver's process, and what that has printed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests import ROOT
from tests.system.reader import until

DRIVERS = Path(__file__).parent / "drivers"
PYTHON = "tests.system.conformance.drivers"
# How each driver is started; the options follow.
COMMANDS = {
    "python-sync": ["python", "-m", f"{PYTHON}.python_sync"],
    "python-async": ["python", "-m", f"{PYTHON}.python_async"],
    "javascript": ["node", str(DRIVERS / "javascript.mjs")],
}


def clean_environment(folder: Path) -> Path:
    """Where the programs of a virtual environment are that has the wheel of `hub_client` and, from this one,
    what that depends on."""
    pip = [sys.executable, "-m", "pip"]
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*pip, "wheel", *options, ROOT / "clients" / "python"], check=True)
    venv.create(folder / "venv")
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--quiet", "--no-deps", wheel], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


class Driven:
    """One client with one feed, from `start` to `stop`."""

    def __init__(self, client: str, programs: Path) -> None:
        self._client = client
        self._programs = programs
        self.printed: list[dict[str, Any]] = []

    async def start(
        self, url: str, token: str, topics: Sequence[str], last_event_id: str | None = None
    ) -> None:
        options = {"url": url, "token": token, "topics": list(topics), "last_event_id": last_event_id}
        path = f"{self._programs}{os.pathsep}{os.environ['PATH']}"
        self._process = await asyncio.create_subprocess_exec(
            *COMMANDS[self._client],
            json.dumps(options),
            cwd=ROOT,
            env={"PATH": path},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())

    async def command(self, **command: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    @property
    def events(self) -> list[dict[str, Any]]:
        return [one["event"] for one in self.printed if "event" in one]

    @property
    def data(self) -> list[Any]:
        return [event["data"] for event in self.events]

    @property
    def states(self) -> list[str]:
        return [one["state"] for one in self.printed if "state" in one]

    @property
    def topics(self) -> list[str]:
        """As the feed said last."""
        found: list[list[str]] = [one["topics"] for one in self.printed if "topics" in one]
        return found[-1] if found else []

    @property
    def resets(self) -> list[dict[str, Any]]:
        return [one["reset"] for one in self.printed if "reset" in one]

    @property
    def errors(self) -> list[str]:
        return [one["error"]["reason"] for one in self.printed if "error" in one]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while row := await self._process.stdout.readline():
            self.printed.append(json.loads(row))


class Clients:
    """All of them at once, as an instance can be killed under all of them."""

    def __init__(self, programs: Path) -> None:
        self._all = {name: Driven(name, programs) for name in COMMANDS}

    async def start(
        self, url: str, token: str, topics: Sequence[str], last_event_id: str | None = None
    ) -> None:
        for client in self._all.values():
            await client.start(url, token, topics, last_event_id)

    async def command(self, **command: Any) -> None:
        for client in self._all.values():
            await client.command(**command)

    async def stop(self) -> None:
        for client in self._all.values():
            await client.stop()

    async def until(self, condition: Callable[[Driven], Any], what: str) -> None:
        """Wait until it holds for each of them."""
        for name, client in self._all.items():
            try:
                await until(lambda client=client: condition(client), f"{what}, by {name}", 40)
            except AssertionError as error:
                raise AssertionError(f"{error}; it printed {client.printed[-5:]}") from None

    def each(self, value: Callable[[Driven], Any]) -> dict[str, Any]:
        """A value of each of them, by name."""
        return {name: value(client) for name, client in self._all.items()}

    def all(self, value: Any) -> dict[str, Any]:
        """The same value for each of them."""
        return dict.fromkeys(self._all, value)
