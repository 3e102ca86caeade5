"""`manage.py demo --replay` against a hub that runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster import Cluster

WEBHOOK = {"event": "push", "action": "payload", "payload": {"ref": "main", "repository": {"name": "hub"}}}


def test_a_hub_has_all_of_it_once_although_it_is_played_twice(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "webhooks.jsonl"
    file.write_text("".join(json.dumps({**WEBHOOK, "number": number}) + "\n" for number in range(3)))

    first, again = (replayed(cluster, file) for _ in range(2))

    assert first.startswith("3 lines: 3 notifications accepted (0 of them earlier), 3 events accepted")
    assert again.startswith("3 lines: 3 notifications accepted (3 of them earlier), 3 events accepted")


def replayed(cluster: Cluster, file: Path) -> str:
    """The last line of what the command prints."""
    key = ("--key", "demo-key", "--url", cluster.http_url, "--rate", "10000")
    return cluster.manage("demo", "--replay", str(file), *key).splitlines()[-1].rpartition("\r")[2]
