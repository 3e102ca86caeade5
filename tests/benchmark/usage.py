"""What processes use, as the kernel counts it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path


def cpu_s(pids: Sequence[int]) -> float:
    """User and system time of all threads, in nanoseconds exact: /proc/PID/stat counts in hundredths."""
    # The number of a process's own clock, as clock_getcpuclockid(3) makes it.
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def resident_kb(pids: Sequence[int]) -> float:
    """Of its own making: pages of program files come and go with what else the machine does."""
    return sum(_kb(Path(f"/proc/{pid}/smaps_rollup"), "Anonymous") for pid in pids)


def kernel_kb() -> float:
    """Sockets, their files and their buffers, of the whole machine: a connection here has both its ends."""
    return _kb(Path("/proc/meminfo"), "Slab")


def _kb(path: Path, name: str) -> float:
    for line in path.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    raise LookupError(f"{path} has no {name}")
