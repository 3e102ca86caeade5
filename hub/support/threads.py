"""Where blocking work is done: two small pools, so that neither pages nor doors starve the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

PAGES = ThreadPoolExecutor(settings.THREADS, "page")
DOORS = ThreadPoolExecutor(settings.DOOR_THREADS, "door")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what asks the database for a door, and let the connection go."""

    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(DOORS, run)
