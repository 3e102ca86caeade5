"""Where a project has included the application's pages: endpoints and API are below the same prefix."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from hub.support.asgi import Scope


@cache
def prefix() -> str:
    """The path of the first page (HUB_INDEX) without its last slash: empty at the root."""
    try:
        return reverse(settings.HUB_INDEX).removesuffix("/")
    except NoReverseMatch:
        return ""


def below(path: str) -> str:
    """A path as it is below the prefix, with its first slash; empty for one that is elsewhere."""
    mounted = prefix()
    if not mounted:
        return path
    return path.removeprefix(mounted) if path.startswith(f"{mounted}/") else ""


def within(scope: Scope) -> Scope:
    """The scope with its path as it is `below`."""
    path = below(scope["path"])
    return scope if path == scope["path"] else {**scope, "path": path}


def at(path: str) -> str:
    """Where a path below the prefix is."""
    return prefix() + path
