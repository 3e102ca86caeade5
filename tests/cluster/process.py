"""One part of the cluster: a child process that is started, watched, stopped and never left behind."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Debian keeps nginx and its like where only root's PATH looks.
PROGRAMS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])

# The kernel's "your parent died" follows the thread that forked, and a test's threads come and go:
# this one starts every part and lives as long as the harness.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cluster-starter")


class PartError(RuntimeError):
    """A part could not be started, or did not become ready; says which and why."""


class Process:
    """Leads its own process group, so that what it starts dies with it."""

    stop_signal = signal.SIGTERM
    # What the kernel sends when the harness itself is killed.
    orphan_signal = signal.SIGKILL

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = env
        self.cwd = cwd
        self.user = user
        self.log_file = folder / f"{name}.log"
        self.pid_file = folder / f"{name}.pid"
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise PartError(f"{self.name} was not started")
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return None if self._popen is None or self.alive else self._popen.returncode

    @property
    def alive(self) -> bool:
        if self._popen is None or self._popen.returncode is not None:
            return False
        if self._popen.poll() is None:
            return True
        self._sweep()
        return False

    def answers(self) -> bool:
        """Whether it does its work already; a part says how it is asked."""
        return self.alive

    def start(self) -> None:
        if self.alive:
            raise PartError(f"{self.name} runs already")
        _starter.submit(self._spawn).result()

    def wait_ready(self, deadline_s: float = 30) -> None:
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.answers() and self.alive:
                    return
            if not self.alive:
                raise PartError(f"{self.name} ended ({self.exit_code}) before it was ready{self._tail()}")
            time.sleep(0.05)
        raise PartError(f"{self.name} was not ready within {deadline_s:g} s{self._tail()}")

    def signal(self, number: signal.Signals) -> None:
        """To the process alone: its children are its own business."""
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the whole group, as a machine that loses power."""
        if self._popen is not None and self.alive:
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
        self.pid_file.unlink(missing_ok=True)

    def stop(self, timeout: float = 10) -> None:
        self.terminate()
        self.join(timeout)

    def terminate(self) -> None:
        """Asks; `join` waits. Apart, so that several parts can leave side by side."""
        self.signal(self.stop_signal)
        # One that a test has put to sleep hears nothing before it wakes.
        self.signal(signal.SIGCONT)

    def join(self, timeout: float) -> None:
        if self._popen is not None and self.alive:
            try:
                self._popen.wait(timeout)
                self._sweep()
            except subprocess.TimeoutExpired:
                self.kill()
        self.pid_file.unlink(missing_ok=True)

    def _spawn(self) -> None:
        program = shutil.which(self.argv[0], path=PROGRAMS)
        if program is None:
            raise PartError(f"{self.name}: no program {self.argv[0]} on this machine")
        with self.log_file.open("ab") as log:
            self._popen = subprocess.Popen(
                [*self._death_wish(), program, *self.argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                start_new_session=True,
            )
        self.pid_file.write_text(f"{self._popen.pid}\n")

    def _death_wish(self) -> list[str]:
        # Linux alone can do this; elsewhere only a killed harness leaves its parts behind.
        setpriv = shutil.which("setpriv", path=PROGRAMS)
        return [setpriv, f"--pdeathsig={self.orphan_signal.name}", "--"] if setpriv else []

    def _sweep(self) -> None:
        """Ends what a dead leader left in its group (nginx's workers outlive a killed master)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _tail(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines()[-20:]
        return "".join(f"\n    {line}" for line in lines)
