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
