"""The threads for blocking work: two small pools, so that pages and endpoints do not starve each other."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

PAGE_THREADS = ThreadPoolExecutor(settings.HUB_THREADS, "page")
DATABASE_THREADS = ThreadPoolExecutor(settings.HUB_DATABASE_THREADS, "database")


def off_loop(instead: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """For a function that blocks: called on a running event loop it runs in a thread, which the loop waits
    for, and warns to ``await`` the function named ``instead``."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            if _loop_allows_blocking():
                return function(*args, **kwargs)
            text = f"{function.__name__}() blocks the event loop: await {instead}() instead."
            warnings.warn(text, RuntimeWarning, stacklevel=2)

            def run() -> T:
                try:
                    return function(*args, **kwargs)
                finally:
                    connections.close_all()

            with ThreadPoolExecutor(1, "off-loop") as thread:
                return thread.submit(copy_context().run, run).result()

        return call

    return decorate


def _loop_allows_blocking() -> bool:
    """Whether no loop runs in this thread, or Django was told not to mind (a notebook's)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return "DJANGO_ALLOW_ASYNC_UNSAFE" in os.environ


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run queries of an endpoint or a background loop in `DATABASE_THREADS`, and release their connection."""
    return await asyncio.wrap_future(submit(function, *args, **kwargs))


def submit(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """`in_thread` for a thread that runs no event loop."""

    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return DATABASE_THREADS.submit(run)
