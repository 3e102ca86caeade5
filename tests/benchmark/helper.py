"""A program beside us that is told a line and answers with one line of JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self


class HelperError(RuntimeError):
    """A program that answered nothing, or nothing good."""


class Helper:
    """It ends with its standard input, so it outlives nobody."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._argv = argv
        self._popen = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=env
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ask(self, line: str) -> dict[str, Any]:
        assert self._popen.stdin
        self._popen.stdin.write(f"{line}\n")
        return self.hear()

    def hear(self) -> dict[str, Any]:
        assert self._popen.stdout
        line = self._popen.stdout.readline()
        if not line:
            raise HelperError(f"{self._argv[0]} ended ({self._popen.wait()})")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        assert self._popen.stdin
        assert self._popen.stdout
        self._popen.stdin.close()
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._popen.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
