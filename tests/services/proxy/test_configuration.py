"""What others say of the configuration before it serves: gixy, and nginx itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.certificate import Certificate
from tests.cluster.nginx import TEMPLATE, UNLIMITED, fill
from tests.cluster.process import PROGRAMS

COMPOSE = TEMPLATE.parents[1] / "docker-compose.yml"
# Each is argued beside its line in the template.
ARGUED = {"host_spoofing", "try_files_is_evil_too"}


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    """What compose fills the template with, unless somebody says otherwise."""
    service = re.search(r"^  nginx:\n(.*?)^\S", COMPOSE.read_text(), re.M | re.S)
    assert service is not None
    found = re.findall(r"^      (HUB_[A-Z_]+): (.*)$", service[1], re.M)
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value).strip('"') for name, value in found}


@pytest.fixture
def configuration(values: dict[str, str], tmp_path: Path) -> Path:
    """Compose's configuration for this machine: other folders, and instances that need no name server."""
    certificate = Certificate.make(tmp_path)
    here = {
        "HUB_CERTIFICATE": str(certificate.file),
        "HUB_CERTIFICATE_KEY": str(certificate.key),
        "HUB_NGINX_DIR": str(tmp_path),
        "HUB_ACCESS_LOG": str(tmp_path / "access.log"),
    }
    file = tmp_path / "nginx.conf"
    filled = fill(TEMPLATE.read_text(), values | here)
    # nginx reads `resolve` from 1.27.3 on; all else is read as it is deployed.
    file.write_text(filled.replace("server hub:8000 resolve ", "server 127.0.0.1:8000 "))
    return file


def test_gixy_finds_nothing_but_what_is_argued(configuration: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gixy", "--format", "json", configuration], capture_output=True, text=True
    )

    assert {finding["plugin"] for finding in json.loads(done.stdout)} == ARGUED, done.stdout


def test_nginx_reads_what_compose_fills_in(configuration: Path) -> None:
    done = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", configuration, "-g", "daemon off;"],
        capture_output=True,
        text=True,
        env={"PATH": PROGRAMS},
    )

    assert "test is successful" in done.stderr, done.stderr
    assert not re.search(r"\[(warn|error|emerg)\]", done.stderr), done.stderr


def test_every_name_is_explained_and_filled_in(values: dict[str, str]) -> None:
    template = TEMPLATE.read_text()
    used = set(re.findall(r"\$\{(HUB_[A-Z_]+)\}", template))

    assert set(re.findall(r"^#   (HUB_[A-Z_]+) ", template, re.M)) == used
    assert set(values) == used
    assert set(UNLIMITED) < used
