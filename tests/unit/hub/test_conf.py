"""A project has settings of its own: those of the hub that it does not define are added."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests import ROOT

PROGRAM = """
import json, sys
from django.conf import settings
settings.configure(**json.loads(sys.argv[1]), SECRET_KEY="of the project",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.sessions", "hub", "notifications"])
import django; django.setup()
print(json.dumps([settings.HUB_HEARTBEAT_S, settings.HUB_PORT, settings.CHANNEL_LAYERS]))
"""


def settings_of(env: dict[str, str], **own: Any) -> Any:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DJANGO_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(own)],
        cwd=ROOT,
        env={**inherited, **env},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("env", "own", "found"),
    [
        ({}, {}, [20, 8000]),
        ({"HUB_HEARTBEAT_S": "7", "HUB_TOKEN_OF_ANOTHER_PROGRAM": "x"}, {"HUB_PORT": 9000}, [7, 9000]),
        ({"HUB_HEARTBEAT_S": "7"}, {"HUB_HEARTBEAT_S": 5}, [5, 8000]),
    ],
    ids=["defaults", "environment", "the project's own come first"],
)
def test_a_setting_is_the_projects_or_the_environments_or_has_a_default(
    env: dict[str, str], own: dict[str, Any], found: list[float]
) -> None:
    assert settings_of(env, **own)[:2] == found


def test_a_project_keeps_its_channel_layers_beside_the_hubs() -> None:
    own = {"BACKEND": "channels.layers.InMemoryChannelLayer"}

    layers = settings_of({"HUB_REDIS_URL": "redis://127.0.0.1/3"}, CHANNEL_LAYERS={"default": own})[2]

    assert layers["default"] == own
    assert layers["hub"]["CONFIG"]["hosts"][0]["address"] == "redis://127.0.0.1/3"
