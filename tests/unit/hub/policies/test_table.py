"""A topic has the policy of the most exact pattern that matches it."""

from __future__ import annotations

import pytest

from hub.policies import table as tables
from hub.policies.policy import TopicPolicy
from hub.policies.table import PolicyTable

JOB, JOBS, LONG = TopicPolicy("job-42"), TopicPolicy("job-*"), TopicPolicy("job-4*")


@pytest.mark.parametrize(
    ("topic", "policy"),
    [("job-42", JOB), ("job-43", LONG), ("job-5", JOBS), ("job-", JOBS), ("job", None), ("repo-1", None)],
)
def test_the_most_exact_pattern_wins(topic: str, policy: TopicPolicy | None) -> None:
    table = PolicyTable([LONG, JOB, JOBS])

    assert table.of(topic) is policy
    assert table.of(topic) is policy  # and from what is cached


def test_what_replaces_the_policies_is_in_force_at_once() -> None:
    table = PolicyTable([JOBS])
    before, version = table.of("job-1"), table.version

    table.replace([])

    assert before is JOBS
    assert table.of("job-1") is None
    assert table.version > version
    assert not table


def test_what_is_cached_of_topics_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_TOPICS_CACHED", 10)
    table = PolicyTable([JOBS])

    found = [table.of(f"job-{number}") for number in range(100)]

    assert found == [JOBS] * 100
    assert len(table._rules.found) <= 10  # type: ignore[union-attr]


@pytest.mark.parametrize("others", [[], [JOBS]])
def test_the_hubs_own_policy_is_there_with_and_without_others(others: list[TopicPolicy]) -> None:
    own = TopicPolicy("hub.run-*", coalesce_ms=20, coalesce="join")

    table = PolicyTable(others, (own, TopicPolicy("hub.binary-*")))

    assert table.of("hub.run-1") is own
    assert table.of("hub.control") is None
    assert bool(table) is bool(others)
