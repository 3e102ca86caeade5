"""What pages acknowledge becomes a row a notification, once, for people to whom it was delivered."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Delivery, Notification
from notifications.tracking import acknowledgement_log, delivery_log
from notifications.tracking.acknowledgement_log import RECENT, Acknowledgement
from notifications.tracking.delivery_log import LiveDelivery
from notifications.tracking.id_bitmap import IdBitmap

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> float:
    return float(round(time.time()))


def delivered(*people: str, at: float) -> Notification:
    row = Notification.objects.create(topic="everyone", title="Hello", position=1)
    delivery_log.write([LiveDelivery(str(row.pk), at, frozenset(people))], [])
    return row


def acknowledged() -> list[tuple[object, list[int], datetime]]:
    rows = Delivery.objects.filter(acknowledged=True).order_by("id")
    return [(row.notification_id, list(IdBitmap.unpack(row.people)), row.at) for row in rows]


def test_all_who_acknowledge_at_once_are_a_row(now: float) -> None:
    row = delivered("1", "2", "3", at=now)

    left = acknowledgement_log.write([Acknowledgement(str(row.pk), person, now + 3) for person in ("1", "3")])

    assert left == []
    assert acknowledged() == [(row.pk, [1, 3], datetime.fromtimestamp(now + 3, UTC))]


def test_who_has_acknowledged_it_is_in_no_second_row(now: float) -> None:
    row = delivered("1", "2", at=now)
    acknowledgement_log.write([Acknowledgement(str(row.pk), "1", now)])

    for _ in range(3):
        acknowledgement_log.write([Acknowledgement(str(row.pk), person, now) for person in ("1", "2")])

    assert [people for _, people, _ in acknowledged()] == [[1], [2]]


def test_what_was_not_delivered_to_them_is_handed_back(now: float) -> None:
    row = delivered("1", at=now)
    theirs, unknown = Acknowledgement(str(row.pk), "2", now), Acknowledgement(str(uuid4()), "1", now)

    left = acknowledgement_log.write([theirs, unknown, Acknowledgement(str(row.pk), "1", now)])

    assert sorted(left) == sorted([theirs, unknown])
    assert [people for _, people, _ in acknowledged()] == [[1]]


def test_what_was_delivered_long_ago_is_acknowledged_no_more(now: float) -> None:
    row = delivered("1", at=now - RECENT / timedelta(seconds=1) - 1)

    acknowledgement_log.write([Acknowledgement(str(row.pk), "1", now)])

    assert acknowledged() == []


def test_an_acknowledgement_proves_no_other(now: float) -> None:
    row = delivered("1", at=now)
    acknowledgement_log.write([Acknowledgement(str(row.pk), "1", now)])
    Delivery.objects.filter(acknowledged=False).delete()

    assert len(acknowledgement_log.write([Acknowledgement(str(row.pk), "1", now)])) == 1


@pytest.mark.parametrize("id", ["", "n1", "\ud800", "0" * 64])
def test_an_id_that_is_none_costs_no_other(now: float, id: str) -> None:
    row = delivered("1", at=now)

    left = acknowledgement_log.write([Acknowledgement(id, "1", now), Acknowledgement(str(row.pk), "1", now)])

    assert left == []
    assert len(acknowledged()) == 1


@pytest.mark.parametrize("person", ["", "ann", "-1", "9" * 40, "²"])
def test_a_person_without_an_inbox_acknowledges_nothing(now: float, person: str) -> None:
    row = delivered("1", at=now)

    assert acknowledgement_log.write([Acknowledgement(str(row.pk), person, now)]) == []
    assert acknowledged() == []


def test_a_row_that_cannot_be_read_costs_no_other(now: float) -> None:
    broken, row = delivered("1", at=now), delivered("1", at=now)
    Delivery.objects.filter(notification=broken).update(people=b"?")

    acknowledgement_log.write([Acknowledgement(str(one.pk), "1", now) for one in (broken, row)])

    assert [id for id, _, _ in acknowledged()] == [row.pk]


def test_the_number_of_queries_is_constant(now: float) -> None:
    rows = [delivered("1", "2", at=now) for _ in range(50)]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        acknowledgement_log.write(
            [Acknowledgement(str(row.pk), person, now) for row in rows for person in ("1", "2")]
        )

    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 2


def test_while_the_database_is_away_it_raises(now: float, monkeypatch: pytest.MonkeyPatch) -> None:
    row = delivered("1", at=now)

    def away(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(Delivery.objects, "bulk_create", away)

    with pytest.raises(OperationalError):
        acknowledgement_log.write([Acknowledgement(str(row.pk), "1", now)])
