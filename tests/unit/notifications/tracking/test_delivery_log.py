"""What instances note of whom they gave what becomes a row a notification, however many people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from hub.support.faults import malformed
from notifications.models import Delivery, Notification
from notifications.tracking import delivery_log
from notifications.tracking.delivery_log import LiveDelivery, ReplayDelivery
from notifications.tracking.id_bitmap import IdBitmap

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = NOW.timestamp()


def published(topic: str, position: int | None, **more: Any) -> Notification:
    return Notification.objects.create(topic=topic, title="Hello", position=position, **more)


def given(row: Notification | str, *people: str, at: float = AT) -> LiveDelivery:
    return LiveDelivery(row if isinstance(row, str) else str(row.pk), at, frozenset(people))


def caught(person: str, topics: Sequence[str], after: int, upto: int, at: float = AT) -> ReplayDelivery:
    return ReplayDelivery(person, tuple(topics), after, upto, at)


def noted() -> list[tuple[Any, bool, list[int], int, datetime]]:
    rows = Delivery.objects.order_by("id")
    return [
        (row.notification_id, row.late, list(IdBitmap.unpack(row.people)), row.size, row.at) for row in rows
    ]


def test_what_was_given_when_it_came_is_a_row_for_all_its_people() -> None:
    row = published("everyone", 10)

    delivery_log.write([given(row, "7", "100000", "3")], [])

    assert noted() == [(row.pk, False, [3, 7, 100_000], 3, NOW)]
    assert Delivery.objects.get().instance == settings.HUB_INSTANCE


def test_each_time_it_was_given_is_a_row() -> None:
    row = published("everyone", 10)

    delivery_log.write([given(row, "1"), given(row, "2", at=AT + 1)], [])

    assert [people for _, _, people, _, _ in noted()] == [[1], [2]]


def test_what_was_caught_up_on_is_a_row_a_notification() -> None:
    first, second = published("everyone", 10), published("user-2", 20)

    delivery_log.write(
        [], [caught("1", ["everyone"], 0, 30), caught("2", ["everyone", "user-2"], 5, 20, AT + 1)]
    )

    assert noted() == [
        (first.pk, True, [1, 2], 2, NOW + timedelta(seconds=1)),
        (second.pk, True, [2], 1, NOW + timedelta(seconds=1)),
    ]


def test_a_stretch_begins_after_its_first_position_and_holds_its_last() -> None:
    published("everyone", 10)
    last = published("everyone", 20)
    published("everyone", 21)

    delivery_log.write([], [caught("1", ["everyone"], 10, 20)])

    assert [id for id, *_ in noted()] == [last.pk]


def test_no_one_caught_up_on_a_topic_of_others() -> None:
    published("user-2", 10)
    published("user-1", 11)

    delivery_log.write([], [caught("1", ["user-1"], 10, 20), caught("2", ["user-2"], 10, 20)])

    assert [people for _, _, people, _, _ in noted()] == [[1]]


@pytest.mark.parametrize(
    "more", [{"recalled_at": NOW, "position": 15}, {"position": None}, {"expires_at": NOW, "position": 15}]
)
def test_no_one_caught_up_on_what_was_not_there(more: dict[str, Any]) -> None:
    published("everyone", **more)

    delivery_log.write([], [caught("1", ["everyone"], 0, 30)])

    assert noted() == []


@pytest.mark.parametrize("person", ["", "x", "-1", "1.5", "١", "1" * 40])
def test_what_is_no_persons_id_is_left_out(person: str) -> None:
    row = published("everyone", 10)

    delivery_log.write([given(row, person, "4")], [caught(person, ["everyone"], 0, 30)])

    assert [people for _, _, people, _, _ in noted()] == [[4]]


def test_what_is_no_notifications_id_is_left_out() -> None:
    delivery_log.write([given("no id", "1"), given("", "1")], [])

    assert noted() == []


def test_a_row_that_is_gone_costs_the_others_nothing() -> None:
    row = published("everyone", 10)

    delivery_log.write([given(str(uuid4()), "1"), given(row, "1")], [])

    assert row.pk in [id for id, *_ in noted()]


def test_who_is_recorded_with_it_already_is_not_recorded_again() -> None:
    row = published("everyone", 10)
    delivery_log.write([given(row, "1")], [])
    delivery_log.write([], [caught("2", ["everyone"], 0, 30)])

    for _ in range(3):
        delivery_log.write([], [caught(person, ["everyone"], 0, 30) for person in ("1", "2", "3")])

    assert [people for _, _, people, _, _ in noted()] == [[1], [2], [3]]


def test_who_was_given_it_a_moment_ago_is_not_recorded_with_its_replay() -> None:
    row = published("everyone", 10)

    delivery_log.write(
        [given(row, "1")], [caught("1", ["everyone"], 0, 30), caught("2", ["everyone"], 0, 30)]
    )

    assert [people for _, _, people, _, _ in noted()] == [[1], [2]]


def test_a_row_that_cannot_be_read_is_as_good_as_none() -> None:
    row = published("everyone", 10)
    Delivery.objects.create(notification=row, instance="x", at=NOW, late=True, people=b"\x00\x01", size=1)

    delivery_log.write([], [caught("1", ["everyone"], 0, 30)])

    assert Delivery.objects.filter(size=1).count() == 2


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e18, -1e18])
def test_a_note_of_no_moment_costs_the_others_nothing(at: float) -> None:
    rows = [published("everyone", n) for n in (10, 20, 30)]

    delivery_log.write([given(rows[0], "1"), given(rows[1], "1", at=at), given(rows[2], "1")], [])

    assert [id for id, *_ in noted()] == [rows[0].pk, rows[2].pk]


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_left_out_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [published("everyone", n) for n in range(1, 9)]
    make = delivery_log.row_of

    def bad(id: Any, *args: Any, **more: Any) -> Delivery:
        made = make(id, *args, **more)
        if id == rows[5].pk:
            made.size = None  # type: ignore[assignment]
        return made

    monkeypatch.setattr(delivery_log, "row_of", bad)
    before = malformed.counts["delivery"]

    delivery_log.write([given(row, "1") for row in rows], [])

    assert [id for id, *_ in noted()] == [row.pk for row in rows if row != rows[5]]
    assert malformed.counts["delivery"] == before + 1


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, InternalError])
def test_a_database_that_takes_no_writes_loses_no_record(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(rows: object) -> None:
        raise error("cannot execute INSERT in a read-only transaction")

    monkeypatch.setattr(Delivery.objects, "bulk_create", refuse)
    before = malformed.counts["delivery"]

    with pytest.raises(error):
        delivery_log.write([given(published("everyone", 1), "1")], [])

    assert malformed.counts["delivery"] == before


def test_it_takes_as_many_queries_whatever_the_numbers() -> None:
    rows = [published("everyone", n) for n in range(1, 31)]

    with CaptureQueriesContext(
        connection,
    ) as few:
        delivery_log.write([given(rows[0], "1")], [caught("2", ["everyone"], 0, 1)])
    with CaptureQueriesContext(connection) as many:
        delivery_log.write(
            [given(row, *map(str, range(2000))) for row in rows],
            [caught(str(n), ["everyone", f"user-{n}"], 0, 40) for n in range(200)],
        )

    assert len(many) == len(few) <= 2
