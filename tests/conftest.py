from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper as Postgres
from django.db.backends.sqlite3.base import DatabaseWrapper as Sqlite

from hub.events import Event
from hub.log import Log
from hub.log.current import shared_log
from hub.policies import current as current_policies
from tests import ROOT
from tests.cluster.postgres import Made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Alternate between files with and without browsers, slow ones first: two browsers starve each other."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    browsers = [path for path in files if path.is_relative_to(ROOT / "tests" / "browser")]
    others = sorted(
        (path for path in files if path not in browsers),
        key=lambda path: not path.is_relative_to(ROOT / "tests" / "system"),
    )
    turns = chain.from_iterable(zip_longest(browsers, others))
    items[:] = [item for path in turns if path is not None for item in files[path]]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file: threads that share one in memory lock each other out instead of waiting."""
    settings: dict[str, Any] = connections["default"].settings_dict
    if settings["ENGINE"].endswith("sqlite3"):
        settings["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def flush_may_delete_the_audit_log() -> Iterator[None]:
    """After a test that commits, Django empties the tables: on SQLite by DELETE, which triggers refuse."""
    rows = import_module("notifications.migrations.0004_dashboard")
    whole = import_module("notifications.migrations.0010_sign_in")
    with pytest.MonkeyPatch.context() as patch:
        _freely(patch, Sqlite.ops_class, rows.ALLOW["sqlite"], rows.FORBID["sqlite"])
        _freely(patch, Postgres.ops_class, whole.ALLOW, whole.FORBID)
        yield


def _freely(patch: pytest.MonkeyPatch, operations: Any, allow: Sequence[str], forbid: Sequence[str]) -> None:
    flush = operations.sql_flush

    def freely(self: Any, *args: Any, **more: Any) -> list[str]:
        return [*allow, *flush(self, *args, **more), *forbid]

    patch.setattr(operations, "sql_flush", freely)


@pytest.fixture(scope="session", autouse=True)
def one_database_template(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Clusters copy one database, which the first of any worker creates."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    folder.mkdir(exist_ok=True)
    Made.folder = folder


class _Subscriber:
    """A subscriber to the whole log that only reports when it is connected."""

    def __init__(self) -> None:
        self.connected = threading.Event()

    def received(self, event: Event) -> None: ...

    def disconnected(self) -> None: ...

    def restored(self) -> None:
        self.connected.set()


@pytest.fixture
def topic_policies() -> Iterator[Callable[..., None]]:
    """Put policies in force in this process, until the end of the test."""
    yield lambda *policies: current_policies.table.replace(policies)
    current_policies.table.replace(())


@pytest.fixture
def live_log() -> Iterator[Log]:
    """A new shared log of this process with a subscriber, as in a process that serves."""
    shared_log.cache_clear()
    log, subscriber, loop = shared_log(), _Subscriber(), asyncio.new_event_loop()
    listening = loop.create_task(log.listen(subscriber))

    def listen() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(listening)

    thread = threading.Thread(target=listen)
    thread.start()
    assert subscriber.connected.wait(10)
    yield log
    loop.call_soon_threadsafe(listening.cancel)
    thread.join()
    loop.close()
    shared_log.cache_clear()


@pytest.fixture(autouse=True)
def empty_key_cache() -> None:
    """The keys of the test before were removed with its database."""
    from notifications.access import api_keys

    api_keys.cache.clear()
