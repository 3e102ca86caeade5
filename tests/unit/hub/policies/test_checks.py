"""Events are refused that the policy of their topic does not allow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import events
from hub.policies import checks, current
from hub.policies.policy import TopicPolicy


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    current.table.replace(
        [
            TopicPolicy("price-*", latest=True),
            TopicPolicy("tile-*", coalesce="last", coalesce_ms=100),
            TopicPolicy("log-*", coalesce="join", coalesce_ms=100, max_event_bytes=10),
        ]
    )
    yield
    current.table.replace([])


@pytest.mark.parametrize("topic", ["price-1", "tile-1"])
def test_an_event_without_a_key_is_refused_where_values_are_by_key(topic: str) -> None:
    with pytest.raises(events.BadKey, match="key"):
        checks.check_all([events.draft("free", "tick", 1), events.draft(topic, "tick", 1)])


def test_data_over_the_policy_are_refused_by_their_size() -> None:
    with pytest.raises(events.TooLarge, match=r"11 bytes.*log-\*.*at most 10"):
        checks.check_all([events.draft("log-1", "log", "x" * 9)])


@pytest.mark.parametrize(
    "draft",
    [
        events.draft("price-1", "tick", 1, value_key="EUR/USD"),
        events.draft("log-1", "log", "x" * 8),
        events.draft("free", "tick", "x" * 1000),
    ],
)
def test_what_a_policy_allows_passes(draft: events.Draft) -> None:
    checks.check_all([draft])
