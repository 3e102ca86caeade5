"""A setting that cannot be read stops the start and names itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_MANDATORY_CATEGORIES", "security,Billing"),
        ("HUB_MANDATORY_CATEGORIES", "a" * 65),
        ("HUB_ALLOWED_ORIGINS", "app.example.com"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import hub.settings"],
        cwd=ROOT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert f"{name}: part {value.count(',') + 1} is not" in done.stderr


@pytest.mark.parametrize("name", ["HUB_SECRET_KEY", "HUB_SECRET_KEY_FALLBACKS"])
def test_a_secret_that_is_too_short_is_refused_and_never_printed(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import hub.settings"],
        cwd=ROOT,
        env={**os.environ, name: "correct-horse"},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert f"{name}: use" in done.stderr
    assert "correct-horse" not in done.stderr


def test_signals_have_a_channel_layer_whose_groups_no_project_meets() -> None:
    program = (
        "from hub.settings import CHANNEL_LAYERS as layers\n"
        "print(layers['hub']['CONFIG']['prefix'], layers['default']['CONFIG']['prefix'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "HUB_REDIS_URL": "redis://127.0.0.1", "HUB_SECRET_KEY": "k" * 50},
        capture_output=True,
        text=True,
    )

    own, projects = done.stdout.split()
    assert own.startswith("hub:")
    assert projects.startswith("hub:")
    assert not own.startswith(projects)
    assert not projects.startswith(own)
