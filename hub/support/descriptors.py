"""File descriptors: how many this process may open, and how many it needs for everything but connections."""

from __future__ import annotations

import resource

RESERVED = 500  # for the log, the database, files, and health checks before all


def limit() -> int:
    """How many this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def needed(connections: int) -> int:
    """How many an instance needs that holds so many connections."""
    return connections + RESERVED
