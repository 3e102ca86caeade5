"""The policies in force are those of HUB_TOPICS and of rows; at the same pattern the setting holds."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from hub.policies import current
from hub.policies.current import Policies
from hub.policies.policy import BadPolicy, TopicPolicy
from hub.policies.table import PolicyTable
from tests import ROOT

SETTING = {"pattern": "job-*", "max_rate": 5}


@pytest.fixture
def table() -> PolicyTable:
    return PolicyTable()


@pytest.fixture
def policies(table: PolicyTable) -> Policies:
    made = Policies(table)
    made.configure([SETTING])
    return made


def test_at_the_same_pattern_the_setting_holds(policies: Policies, table: PolicyTable) -> None:
    policies.put_rows([TopicPolicy("job-*", max_rate=9), TopicPolicy("job-1*", max_rate=9)])

    assert [table.of(topic) for topic in ("job-2", "job-12")] == [
        TopicPolicy("job-*", max_rate=5),
        TopicPolicy("job-1*", max_rate=9),
    ]
    assert [policy.pattern for policy in policies.all()] == ["job-*", "job-1*"]


def test_a_row_that_is_gone_leaves_the_next_pattern(policies: Policies, table: PolicyTable) -> None:
    policies.put_rows([TopicPolicy("job-1*"), TopicPolicy("repo-*")])

    policies.put_rows([])

    assert table.of("job-12") == TopicPolicy("job-*", max_rate=5)
    assert table.of("repo-1") is None


def test_a_process_that_is_told_nothing_reads_rows_again_and_survives_that_it_cannot(
    policies: Policies, table: PolicyTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "TTL_S", 0)
    monkeypatch.setattr(current, "RETRY_S", 0)
    rows = [TopicPolicy("repo-*")]

    def fail() -> list[TopicPolicy]:
        raise OSError("away")

    policies.read_rows = lambda: rows
    policies.refresh()
    policies.read_rows = fail
    policies.refresh()

    assert table.of("repo-1") == TopicPolicy("repo-*")


def test_a_process_that_is_told_of_changes_reads_nothing(policies: Policies) -> None:
    policies.notified, policies.read_rows = True, lambda: pytest.fail("read")

    policies.refresh()


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ({}, ""),
        ("job-*", ""),
        ([SETTING, 5], "1"),
        ([SETTING, {"pattern": "a", "history": {"events": 0}}], "1.history.events"),
        ([SETTING, SETTING], "1.pattern"),
        ([{"pattern": f"a{number}"} for number in range(1001)], ""),
    ],
)
def test_what_is_wrong_with_the_setting_is_named(policies: Policies, setting: Any, field: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        policies.configure(setting)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "HUB_TOPICS: use a JSON list"),
        ('[{"pattern": "a", "pattern": "b"}]', "no field of one twice"),
        ('[{"pattern": "job-*"}, {"pattern": "user-7"}]', "HUB_TOPICS: 1.pattern: 'user-7' covers user-"),
        ('[{"pattern": "job-*", "max_rate": NaN}]', "HUB_TOPICS: 0.max_rate: use a number from 0.01"),
    ],
)
def test_an_unusable_setting_stops_the_start_and_names_itself(text: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_TOPICS": text},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert words in done.stderr
