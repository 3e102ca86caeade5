"""docs/clients.md names each client that is tried, at the version that is tried."""

from __future__ import annotations

import json
import re

import pytest

from tests import ROOT

PAGE = (ROOT / "docs" / "clients.md").read_text()
LOCKED = json.loads((ROOT / "tests/system/clients/package-lock.json").read_text())["packages"]
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "constraints-dev.txt").read_text(), re.MULTILINE))
CASES = json.loads((ROOT / "tests" / "cases" / "clients.json").read_text())
CLIENTS = [*CASES["feeds"], *CASES["rooms"]]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_is_tried_is_in_the_table_at_its_version(client: str) -> None:
    origin, _, name = client.rpartition(":")
    version = LOCKED[f"node_modules/{name}"]["version"] if origin else PINNED[name]

    rows = re.findall(
        rf"^\|[^|]*(?<![\w/-]){re.escape(name)}(?![\w-])[^|]*\| \*\*([^|]+)\*\* \|", PAGE, re.MULTILINE
    )

    assert version in rows


def test_no_other_client_is_said_to_be_tried() -> None:
    assert len(re.findall(r"\*\*[0-9.]+\*\*", PAGE)) == len(CLIENTS)


def test_the_lock_names_no_registry_and_has_a_hash_for_every_package() -> None:
    packages = [package for path, package in LOCKED.items() if path]

    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
