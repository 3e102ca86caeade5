"""Run ``manage.py`` as on a system without what only Linux has: ``portable.py serve``."""

from __future__ import annotations

import runpy
import select
import selectors
import socket
import sys

LINUX_ALONE = (
    "SO_REUSEPORT",
    "SO_BINDTODEVICE",
    "TCP_USER_TIMEOUT",
    "TCP_QUICKACK",
    "TCP_DEFER_ACCEPT",
    "TCP_CORK",
)


def forget_linux() -> None:
    selectors.DefaultSelector = selectors.PollSelector  # type: ignore[misc,assignment]
    del selectors.EpollSelector
    for name in [name for name in dir(select) if name.lower().startswith("epoll")]:
        delattr(select, name)
    for name in LINUX_ALONE:
        if hasattr(socket, name):
            delattr(socket, name)


if __name__ == "__main__":
    forget_linux()
    sys.argv[0] = "manage.py"
    sys.path.insert(0, "")
    runpy.run_path("manage.py", run_name="__main__")
