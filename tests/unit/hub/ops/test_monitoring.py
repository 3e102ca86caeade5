"""What operators watch with asks for metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import yaml

from hub.asgi import Hub
from hub.support.request import Request
from tests import ROOT

OPERATIONS = ROOT / "docs" / "operations"
NAME = re.compile(r"\b(?:hub|process)_[a-z_]+[a-z]\b")


async def metrics() -> set[str]:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await Hub().metrics(Request({"headers": [], "client": ["127.0.0.1", 0]}), send)
    names = set()
    for name, type in re.findall(r"^# TYPE (\S+) (\S+)$", sent[1]["body"].decode(), re.MULTILINE):
        suffixes = ("_bucket", "_count", "_sum") if type == "histogram" else ("",)
        names |= {name + suffix for suffix in suffixes}
    return names


def expressions() -> Iterator[str]:
    board = json.loads((OPERATIONS / "grafana.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in board["templating"]["list"]:
        yield variable.get("definition", "")
    for group in rules():
        yield group["expr"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OPERATIONS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.django_db(transaction=True)
async def test_every_metric_that_is_asked_for_exists() -> None:
    exposed = await metrics()

    asked = {name for expression in expressions() for name in NAME.findall(expression)}

    assert asked - exposed == set()
    assert len(asked) > 25


@pytest.mark.django_db(transaction=True)
async def test_every_metric_of_ours_is_on_the_board() -> None:
    board = (OPERATIONS / "grafana.json").read_text()

    ours = {name for name in await metrics() if name.startswith("hub_")}

    assert {name for name in ours if re.sub(r"_(bucket|count|sum)$", "", name) not in board} == set()


def test_every_alert_is_explained_with_its_threshold() -> None:
    docs = (ROOT / "docs" / "operations.md").read_text()

    assert [rule["alert"] for rule in rules() if f"| `{rule['alert']}` |" not in docs] == []
    assert all(rule["labels"]["severity"] in ("warning", "critical") for rule in rules())
