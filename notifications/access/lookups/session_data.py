"""The data of sessions by their keys, whatever engine SESSION_ENGINE names.

Sessions in a database, cached ones included, are read from it in one query; those in a cache from it in one
round trip; others, signed cookies among them, one by one. An engine that is away raises.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.core.cache import caches
from django.utils import timezone

from hub.errors import Unavailable


class SessionsAway(Unavailable):
    """The cache with the sessions cannot be read."""

    part = "store of sessions"


def of(keys: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """By key, the data of those of these sessions that are alive."""
    store = _store(settings.SESSION_ENGINE)
    if (model := model_of(store)) is not None:
        alive = model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
        return decoded(dict(alive.values_list("session_key", "session_data")))
    if issubclass(store, CacheStore):
        return _cached(store, keys)
    return {key: data for key in keys if (data := store(key).load())}


def is_missing() -> bool:
    """Whether the app of Django's own table of sessions is needed, but not installed."""
    in_table = settings.SESSION_ENGINE.endswith((".db", ".cached_db"))
    return in_table and not apps.is_installed("django.contrib.sessions")


def decoded(rows: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """The data in rows of sessions, by key."""
    decode = _store(settings.SESSION_ENGINE)().decode
    return {key: decode(data) for key, data in rows.items()}


def model() -> Any:
    """The model whose rows are sessions; None where they are elsewhere."""
    return model_of(_store(settings.SESSION_ENGINE))


def model_of(store: type[SessionBase]) -> Any:
    """The model of an engine; None of one that keeps its sessions elsewhere."""
    get = getattr(store, "get_model_class", None)
    return None if get is None or is_missing() else get()


@cache
def _store(engine: str) -> type[SessionBase]:
    store: type[SessionBase] = import_module(engine).SessionStore
    return store


def _cached(store: type[CacheStore], keys: Collection[str]) -> dict[str, Mapping[str, Any]]:
    prefix = store.cache_key_prefix
    try:
        found = caches[settings.SESSION_CACHE_ALIAS].get_many([prefix + key for key in keys])
    except Exception as error:
        # What a backend raises is its own; Django's engine would take it for a session that has ended.
        raise SessionsAway(str(error)) from error
    return {key.removeprefix(prefix): data for key, data in found.items()}
