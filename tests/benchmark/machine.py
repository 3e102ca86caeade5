"""The machine: one core for the server, one for all else, and what it has to say for a report."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

SERVER_CORE, OTHER_CORE = 0, 1


def prepare() -> None:
    """Pins this process, and with it all that it starts, to the second core."""
    if not {SERVER_CORE, OTHER_CORE} <= os.sched_getaffinity(0):
        raise SystemExit("the benchmark needs two cores: one for the server, one for the load")
    os.sched_setaffinity(0, {OTHER_CORE})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_server_core(pid: int) -> None:
    """At once after its start: threads inherit it from whoever starts them."""
    os.sched_setaffinity(pid, {SERVER_CORE})


def describe() -> dict[str, str | int]:
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": os.cpu_count() or 0,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
