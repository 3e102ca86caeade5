from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests import ROOT
from tests.cluster import Cluster
from tests.cluster.instance import Instance


@dataclass
class Ward:
    """A cluster, the doctor who looks at it, and what is done to its instances and its nginx meanwhile."""

    cluster: Cluster
    well: list[dict[str, str]]  # the environments that the instances began with

    def examine(self, *words: str, **env: str) -> tuple[int, dict[str, Any]]:
        """The exit status, and what the doctor tells machines."""
        done = self.look("--json", *words, **env)
        return done.returncode, json.loads(done.stdout)

    def look(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        here = {"HUB_PORT": str(self.cluster.ports.instances[0]), **env}
        return subprocess.run(
            [sys.executable, "manage.py", "doctor", "--url", self.cluster.http_url, *words],
            cwd=ROOT,
            env={**self.cluster.env, **here},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def restart(self, *instances: Instance, **env: str) -> None:
        """These instances, with another environment, which stays until the next test."""
        for instance in instances:
            instance.terminate()
        for instance in instances:
            instance.join(15)
            instance.env = {**self.well[self.cluster.instances.index(instance)], **env}
            instance.start()
        for instance in instances:
            instance.wait_ready(60)

    def heal(self) -> None:
        """Done when the next test comes and not after the last, for which it would be in vain."""
        ill = [it for it, env in zip(self.cluster.instances, self.well, strict=True) if it.env != env]
        self.restart(*ill)

    def balance(self, edit: Callable[[str], str]) -> None:
        """Run nginx with its configuration changed."""
        self.cluster.nginx.stop()
        self.cluster.nginx.edit = edit
        self.cluster.nginx.start()
        self.cluster.nginx.wait_ready()


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_HEARTBEAT_S": "1", "HUB_MAX_CONNECTIONS": "200"}
    env |= {"HUB_LOG_FORMAT": "json", "HUB_LOG_CONNECTIONS": "1"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def well(cluster: Cluster) -> list[dict[str, str]]:
    return [dict(instance.env or {}) for instance in cluster.instances]


@pytest.fixture
def ward(cluster: Cluster, well: list[dict[str, str]]) -> Iterator[Ward]:
    ward = Ward(cluster, well)
    ward.heal()
    edit = cluster.nginx.edit
    yield ward
    if cluster.nginx.edit is not edit:
        ward.balance(edit)


def found(report: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in report["findings"]}
