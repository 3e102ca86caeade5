"""What is still to be sent: in its order, at another time, now, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from hub.log import Log
from notifications.models import AuditEntry, Notification, Sending
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import acts, text

PATH = "/dashboard/scheduled/"


def later(hours: float, title: str = "Later", expires_at: datetime | None = None) -> UUID:
    send_at = timezone.now() + timedelta(hours=hours)
    rows = notify(["user:sender"], title, send_at=send_at, expires_at=expires_at)
    assert rows[0].sending_id
    return rows[0].sending_id


@pytest.mark.django_db(transaction=True)
def test_the_soonest_comes_first_and_what_went_out_is_not_there(sender: Client) -> None:
    later(2, "Second")
    later(1, "First")
    notify(["user:sender"], "Gone")
    cancelled = later(3, "Cancelled")
    sender.post(f"/dashboard/sent/{cancelled}/undo")

    content = text(sender.get(PATH))

    assert content.index("First") < content.index("Second")
    assert "Gone" not in content
    assert "Cancelled" not in content


def test_later_ones_are_on_further_pages(viewer: Client) -> None:
    due_at = timezone.now() + timedelta(hours=1)
    for number in range(51):
        sending = Sending.objects.create(title=f"Number {number:02}", to=["everyone"], due_at=due_at)
        Notification.objects.create(sending=sending, topic="everyone", title="x", due_at=due_at)
    titles = dict(Sending.objects.order_by("id").values_list("pk", "title"))
    *_, last, latest = titles

    first, second = text(viewer.get(PATH)), text(viewer.get(f"{PATH}?after={last}"))

    assert titles[last] in first
    assert titles[latest] not in first
    assert titles[latest] in second
    assert titles[last] not in second


@pytest.mark.parametrize("after", ["x", "6f2b6ad0-6a2c-4d63-9d31-0c39b6a0a6f1"])
def test_a_page_that_is_none_is_not_found(viewer: Client, after: str) -> None:
    assert viewer.get(f"{PATH}?after={after}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_send_now_publishes_it(sender: Client, live_log: Log) -> None:
    id = later(5)

    sender.post(f"{PATH}{id}/now")

    row = Notification.objects.get()
    assert row.due_at <= timezone.now()
    assert row.position
    assert Sending.objects.get().due_at == row.due_at
    assert acts() == ["reschedule"]


def test_another_time_is_on_the_clocks_of_the_person_who_gives_it(sender: Client) -> None:
    id = later(5)
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"

    sender.post(f"{PATH}{id}/later", {"send_at": f"{tomorrow}T12:00", "zone": "Asia/Tokyo"})

    wanted = datetime.fromisoformat(f"{tomorrow}T03:00").replace(tzinfo=UTC)
    assert Sending.objects.get().due_at == Notification.objects.get().due_at == wanted
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.target, entry.detail["to"]) == (
        "reschedule",
        str(id),
        f"{tomorrow}T03:00:00.000Z",
    )


@pytest.mark.parametrize("form", [{}, {"send_at": "soon"}, {"send_at": "2030-01-01T00:00", "zone": "Mars"}])
def test_what_is_no_time_changes_nothing(sender: Client, form: dict[str, str]) -> None:
    id = later(5)
    before = Sending.objects.get().due_at

    answer = sender.post(f"{PATH}{id}/later", form, follow=True)

    assert "Not rescheduled. Enter a date and a time." in text(answer)
    assert Sending.objects.get().due_at == before
    assert acts() == []


def test_nothing_is_sent_after_it_expired(sender: Client) -> None:
    id = later(1, expires_at=timezone.now() + timedelta(hours=2))

    answer = sender.post(f"{PATH}{id}/later", {"send_at": "2040-01-01T00:00", "zone": "UTC"}, follow=True)

    assert "The expiry must be after the send time" in text(answer)
    assert acts() == []


@pytest.mark.django_db(transaction=True)
def test_what_went_out_has_no_other_time(sender: Client) -> None:
    id = notify(["user:sender"], "Gone")[0].sending_id

    answer = sender.post(f"{PATH}{id}/now", follow=True)

    assert "no longer scheduled" in text(answer)
    assert acts() == []


def test_what_was_never_scheduled_is_not_found(sender: Client) -> None:
    assert sender.post(f"{PATH}{uuid4()}/now").status_code == 404
