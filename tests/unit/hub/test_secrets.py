"""Whatever stands in a setting is never printed: it may be a secret, in its own place or in another's."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub import env

SECRET = "correct-horse-battery"

READERS: dict[str, Callable[[str], Any]] = {
    "needing": lambda name: env.needing(name, "no-such-distribution", "x"),
    "number": lambda name: env.number(name, 1),
    "integer": lambda name: env.integer(name, 1),
    "flag": env.flag,
    "objects": env.objects,
    "one_of": lambda name: env.one_of(name, "text", "json"),
    "items": lambda name: env.items(name, "", "[0-9]+", "a number"),
    "secret": lambda name: env.secret(name, 100),
    "secrets": lambda name: env.secrets(name, 100),
    "networks": lambda name: env.networks(name, ""),
    "database": lambda name: env.database(name, Path("x"), 1),
    "redis": env.redis,
}
VALUES = (
    SECRET,
    f"redis:/{SECRET}@host",
    f"redis://:{SECRET}@[host",
    f"redis://user:password@host:{SECRET}",
    f"postgres://user:{SECRET}@[::1",
    f"postgres://user:password@host:{SECRET}/hub",
    f"mysql://user:{SECRET}@host/hub",
    f"{SECRET},x",
)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("value", VALUES)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[str], Any], value: str
) -> None:
    monkeypatch.setattr(env, "known", set(env.known))
    monkeypatch.setenv("HUB_X", value)

    printed = ""
    try:
        read("HUB_X")
    except ImproperlyConfigured:
        printed = traceback.format_exc()

    # As it is printed: what stands behind "During handling …" is printed, too.
    assert SECRET not in printed
    assert not printed or "ImproperlyConfigured: HUB_X: " in printed


def test_every_reader_of_the_environment_is_tried() -> None:
    readers = {
        name
        for name, member in vars(env).items()
        if callable(member) and getattr(member, "__module__", "") == env.__name__ and name[0] != "_"
    }

    assert readers - {"text", "loopback"} == READERS.keys()
