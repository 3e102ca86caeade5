"""Values fall into buckets by bounds, however few or many those are."""

from __future__ import annotations

import pytest

from notifications.inbox.buckets import Bounds, Bucket
from notifications.models import Notification

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("many", [0, 1, 3, 40])
def test_each_bound_begins_a_bucket(many: int) -> None:
    bounds = Bounds(10 * n for n in range(many))
    values = [-1, 0, 1, 9, 10, 395, 10_000]
    for value in values:
        Notification.objects.create(topic="everyone", title="t", position=value)

    found = Notification.objects.order_by("position").values_list(Bucket("position", bounds), flat=True)

    assert list(found) == [sum(bound <= value for bound in bounds.values) for value in values]
    assert [bounds.bucket(bound) for bound in bounds.values] == list(range(1, many + 1))


def test_null_is_in_none() -> None:
    Notification.objects.create(topic="everyone", title="t", position=None)

    assert Notification.objects.values_list(Bucket("position", Bounds([1])), flat=True).get() is None
