from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from hub.log import Log
from notifications.access import api_keys
from notifications.models import ApiKey, Run
from notifications.runs import lifecycle


@pytest.fixture
def begin(live_log: Log, alice: User) -> Callable[..., Run]:
    """Begins a run of Alice's."""

    def call(**more: object) -> Run:
        return lifecycle.begin(alice, **more)  # type: ignore[arg-type]

    return call


@pytest.fixture
def key(db: None) -> str:
    return api_keys.create("producer", ["publish"])


@pytest.fixture
def run(live_log: Log, alice: User, key: str) -> Run:
    return lifecycle.begin(alice, key=ApiKey.objects.get(name="producer"))
