from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import ROOT
from tests.cluster.instance import Instance
from tests.cluster.ports import Ports
from tests.services.issuers.issuer import Issuer


@pytest.fixture(scope="package")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    issuer = Issuer(tmp_path_factory.mktemp("issuer"), Ports.free(0).https)
    issuer.start()
    try:
        issuer.wait_ready()
        yield issuer
    finally:
        issuer.stop()


@pytest.fixture(scope="package")
def hub(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("hub")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env = {
        **inherited,
        "HUB_DEMO": "1",
        "HUB_DATABASE_URL": f"sqlite:///{folder}/hub.sqlite3",
        "HUB_JWT_ISSUERS": json.dumps([issuer.entry]),
        "HUB_LOG_CONNECTIONS": "1",
        "SSL_CERT_FILE": str(issuer.certificate.file),
    }
    for command in ("migrate", "demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=env, check=True)
    instance = Instance(folder, "hub", Ports.free(1).instances[0], env)
    instance.start()
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.stop()
