"""What can be known without asking anybody is said before anything is served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core import checks

from hub import checks as ours
from tests import ROOT

PRODUCTION = {
    "HUB_SECRET_KEY": "k3Jd9-fP2_xQ7mZ5vB8nT1rW4yL6sH0cG-aE_uI9oK2jD7-zX4cV",
    "HUB_DATABASE_URL": "postgres://hub:secret@db.internal:5432/hub",
    "HUB_REDIS_URL": "redis://hub:secret@redis.internal:6379/0",
    "HUB_ALLOWED_HOSTS": "hub.example.com",
    "HUB_MAX_CONNECTIONS": "500",
    "HUB_TLS": "1",
}


def check(**env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**clean, **env},
        capture_output=True,
        text=True,
    )


def found() -> set[str]:
    return {m.id or "" for m in checks.run_checks(tags=["hub"], include_deployment_checks=True)}


def test_a_production_environment_is_clean() -> None:
    done = check(**PRODUCTION)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_an_environment_of_ones_own_machine_is_not() -> None:
    done = check(HUB_DEMO="1", HUB_ALLOWED_HOSTS="*", HUB_MAX_CONNECTIONS="500")

    assert done.returncode == 1
    assert set(re.findall(r"hub\.[EW]\d{3}", done.stderr)) == {"hub.E003", "hub.W007", "hub.W008"}


@pytest.mark.parametrize(
    ("wrong", "id"),
    [
        ({"HUB_MAX_CONNECTIONS": 10**9}, "hub.W001"),
        ({"DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}}}, "hub.W002"),
        ({"HUB_MAX_AGE_S": 10**9}, "hub.W003"),
        ({"HUB_REDIS_URL": "redis://127.0.0.1"}, "hub.W004"),
        ({"HUB_REDIS_URL": "redis://127.0.0.1"}, "hub.E001"),
        ({"CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}}, "hub.E004"),
        ({"HUB_TRUSTED_PROXIES": ["10.0.0.0/8", "0.0.0.0/0"]}, "hub.E002"),
        ({"HUB_METRICS_KEY": "short"}, "hub.W005"),
        ({"HUB_SECRET_IS_RANDOM": True}, "hub.W006"),
        ({"SECRET_KEY": "k" * 49}, "hub.W006"),
        ({"SECRET_KEY_FALLBACKS": ["k" * 50, "k" * 32]}, "hub.W006"),
    ],
)
def test_what_is_set_up_wrongly_is_named(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], id: str
) -> None:
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    right = {
        "HUB_MAX_CONNECTIONS": 10,
        "HUB_SECRET_IS_RANDOM": False,
        "HUB_REDIS_URL": "",
        "DATABASES": sqlite,
    }
    for name, value in right.items():
        monkeypatch.setattr(settings, name, value)
    before = found()

    for name, value in wrong.items():
        monkeypatch.setattr(settings, name, value)

    assert id not in before
    assert id in found()


def test_every_check_is_explained_in_the_docs() -> None:
    ids = set(re.findall(r'id="(hub\.[EW]\d{3})"', (ROOT / "hub" / "checks.py").read_text()))
    docs = (ROOT / "docs" / "operations.md").read_text()

    assert len(ids) >= 10
    assert [id for id in sorted(ids) if f'<a id="{id.replace(".", "").lower()}"></a>' not in docs] == []
    assert ours.TAG == "hub"
