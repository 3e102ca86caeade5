"""The threads for blocking work: two small pools, so that pages and endpoints do not starve each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

PAGE_THREADS = ThreadPoolExecutor(settings.THREADS, "page")
DATABASE_THREADS = ThreadPoolExecutor(settings.DATABASE_THREADS, "database")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run queries of an endpoint or a background loop in `DATABASE_THREADS`, and release their connection."""

    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(DATABASE_THREADS, run)
