"""The topic of a user leads back to their id, whatever characters that has."""

from __future__ import annotations

import pytest

from hub import topics


@pytest.mark.parametrize("id", ["7", "6f1c1a9e-3f0a-4a52-9d0f-7a1b52a7f0aa", "ann@example.com", "a~b/ü", "-"])
def test_a_users_topic_is_one_and_leads_back(id: str) -> None:
    topic = topics.check(topics.user(id))

    assert topics.user_id(topic) == id


@pytest.mark.parametrize("topic", ["user-", "user-~61", "user-~zz", "user-~ff", "group-7", "users-7"])
def test_what_no_user_has_leads_nowhere(topic: str) -> None:
    assert topics.user_id(topic) is None


def test_an_id_too_long_for_a_topic_is_refused() -> None:
    with pytest.raises(topics.BadTopic):
        topics.user("ü" * 40)
