"""Code of the project has people follow topics."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from hub import BadTopic
from notifications import notify, subscribe, unsubscribe
from notifications.access import judge
from notifications.models import Arrival, Subscription

pytestmark = pytest.mark.django_db


def test_who_follows_has_what_is_sent_to_the_topic_from_then_on(alice: User) -> None:
    subscribe(alice, "releases")
    subscribe(alice, "releases")

    assert "releases" in judge.own_topics(alice)
    assert Arrival.objects.filter(user=alice, topic="releases").count() == 1
    assert [row.topic for row in notify(["topic:releases"], "1.0")] == ["releases"]


def test_who_follows_no_more_has_it_no_more(alice: User) -> None:
    subscribe(alice, "releases")

    unsubscribe(alice, "releases")
    unsubscribe(alice, "releases")

    assert "releases" not in judge.own_topics(alice)


@pytest.mark.parametrize("topic", ["user-1", "everyone", "room-1", "two words", "hub.control"])
def test_no_other_topic_is_followed(alice: User, topic: str) -> None:
    with pytest.raises(BadTopic):
        subscribe(alice, topic)

    assert not Subscription.objects.exists()
