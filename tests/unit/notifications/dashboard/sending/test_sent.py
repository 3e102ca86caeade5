"""What was sent, in a list and one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hub.log import Log
from notifications.models import Notification, Reading, Sending, Template
from notifications.sending import recalls
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import text

Person = Callable[[str], User]


@pytest.mark.django_db(transaction=True)
def test_each_says_how_it_stands(viewer: Client, live_log: Log) -> None:
    later = timezone.now() + timedelta(hours=1)
    notify(["everyone"], "One", sender="ana")
    notify(["everyone"], "Two", send_at=later)
    gone = notify(["everyone"], "Three")[0].sending_id
    assert gone is not None
    recalls.recall_sending(gone, "ana", "")

    said = text(viewer.get("/dashboard/sent/"))

    places = [said.index(title) for title in ("Three", "Two", "One")]
    assert places == sorted(places)
    assert "Recalled" in said[places[0] : places[1]]
    assert "Pending" in said[places[1] : places[2]]
    assert "Sent" in said[places[2] :]
    assert "ana" in said[places[2] :]


def test_older_ones_are_on_further_pages(viewer: Client) -> None:
    for number in range(51):
        Sending.objects.create(title=f"Number {number:02}", to=["everyone"])
    titles = dict(Sending.objects.order_by("-id").values_list("pk", "title"))  # the newest first
    *_, last, oldest = titles

    first = text(viewer.get("/dashboard/sent/"))
    second = text(viewer.get(f"/dashboard/sent/?before={last}"))

    assert titles[last] in first
    assert titles[oldest] not in first
    assert titles[oldest] in second
    assert titles[last] not in second


def test_a_page_that_is_none_is_not_found(viewer: Client) -> None:
    assert viewer.get("/dashboard/sent/?before=x").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_page_of_one_stands_without_a_script(viewer: Client, person: Person, live_log: Log) -> None:
    alice, _ = person("alice"), person("bob")
    rows = notify(["user:alice", "user:bob", "topic:releases"], "Green", body="All passed.")
    row = min(rows, key=lambda row: row.pk)
    now = timezone.now()
    Reading.objects.create(user=alice, notification=row, seen_at=now, read_at=now)

    page = viewer.get(f"/dashboard/sent/{row.sending_id}/")

    said = text(page)
    assert "Recipients 2 100 %" in said
    assert "Seen 1 50 %" in said
    assert "Read 1 50 %" in said
    assert "Clicked 0 0 %" in said
    assert "All passed." in said
    assert f"/dashboard/why/?notification={row.pk}" in page.content.decode()
    assert "<form" not in page.content.decode().partition('id="sending"')[2]


@pytest.mark.parametrize("people", [3, 300])
def test_ten_queries_do_on_every_page(
    broadcaster: Client, people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    users = User.objects.bulk_create(User(username=f"u{number}") for number in range(people))
    template = Template.objects.create(name="t", title="Build {n}")
    later = timezone.now() + timedelta(hours=1)
    rows = notify(["everyone"], "Hi")
    for number in range(5):
        notify([f"user:u{n}" for n in range(3)], f"Later {number}", send_at=later)
    notification = Notification.objects.get(pk=rows[0].pk)
    Reading.objects.bulk_create(
        Reading(user=user, notification=notification, seen_at=later) for user in users
    )

    for path in (
        "sent/",
        f"sent/{rows[0].sending_id}/",
        "scheduled/",
        "templates/",
        f"templates/{template.pk}/",
        "segments/",
        "segments/?count=newcomers",
        f"send/?template={template.pk}",
    ):
        with django_assert_max_num_queries(10, info=path):
            assert broadcaster.get(f"/dashboard/{path}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_addresses_partly_recalled_it_asks_no_more(
    viewer: Client, person: Person, live_log: Log, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("alice", "bob"):
        person(name).groups.add(Group.objects.get_or_create(name="ops")[0])
    Group.objects.create(name="none")
    rows = notify(["user:alice", "group:ops", "group:none", "topic:releases"], "Many", category="builds")
    recalls.recall(rows[1].pk, "ana", "wrong crowd")
    User.objects.filter(username="alice").update(is_active=False)

    with django_assert_max_num_queries(10):
        answer = viewer.get(f"/dashboard/sent/{rows[0].sending_id}/")

    assert answer.status_code == 200


def test_what_could_not_be_published_is_shown_with_the_reason(viewer: Client, person: Person) -> None:
    person("alice")
    (row,) = notify(["user:alice"], "Poison")
    Notification.objects.update(position=0, failed_at=timezone.now(), failure="TooLarge: 70000 bytes")

    assert "Not published" in text(viewer.get("/dashboard/sent/"))
    page = viewer.get(f"/dashboard/sent/{row.sending_id}/")
    assert 'data-state="failed"' in page.content.decode()
    assert "TooLarge: 70000 bytes" in text(page)
