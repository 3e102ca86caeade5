"""The page that answers why a person did not get something."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from notifications import dashboard
from notifications.inbox import preferences, read_state
from notifications.models import Notification
from notifications.sending import recalls
from notifications.sending.notify import notify
from notifications.tracking.explain import REASONS
from tests.unit.notifications.tracking.conftest import ALWAYS, NO_TOAST, acknowledge, give, put_in_log, send

PAGE = "/dashboard/why/"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def alice(person: Callable[[str], User]) -> User:
    return person("alice")


def asked(client: Client, status: int = 200, **query: Any) -> str:
    answer: Any = client.get(PAGE, {name: str(value) for name, value in query.items()})
    assert answer.status_code == status
    page: str = answer.content.decode()
    return page


def look(client: Client, name: str) -> None:
    assert client.post(f"{PAGE}look", {"person": name}).status_code == 302


def in_order(page: str, *parts: str) -> bool:
    at = [page.find(part) for part in parts]
    return -1 not in at and at == sorted(at)


def test_without_the_role_nothing_is_answered(staff: Callable[..., Client], alice: User) -> None:
    asked(staff("nobody"), 403, person="alice")
    assert Client().get(PAGE).status_code == 302


def test_at_first_it_asks(viewer: Client) -> None:
    page = asked(viewer)

    assert 'name="person"' in page
    assert 'name="notification"' in page
    assert 'role="alert"' not in page


def test_of_a_person_it_tells_the_last_decisions(manager: Client, alice: User) -> None:
    row = send(title="Build 512")
    give(row, alice)
    read_state.read(alice, row.pk)
    send(title="Build 513")

    look(manager, "alice")
    page = asked(manager, person="alice")

    assert in_order(page, 'data-reason="offline"', "Build 513", "Build 512", "Delivered", "Read")
    assert f"/dashboard/sent/{row.sending_id}/" in page
    assert f"?person=alice&amp;notification={row.pk}" in page


def test_it_names_the_quiet_hours_that_decided(viewer: Client, alice: User) -> None:
    preferences.put(alice, [], {"categories": {}, "quiet_hours": ALWAYS})  # type: ignore[typeddict-item]
    give(send(), alice)

    assert "No pop-up: quiet hours 00:00–23:59 UTC" in asked(viewer, person="alice")


def test_it_names_who_recalled_it_and_why(viewer: Client, alice: User) -> None:
    recalls.recall(send().pk, by="admin", reason="wrong link")

    page = asked(viewer, person="alice")

    assert "admin recalled it" in page
    assert "wrong link" in page


def test_it_goes_on_with_the_older_ones(manager: Client, alice: User) -> None:
    rows = [send(title=f"number {n:02}") for n in range(32)]

    look(manager, "alice")
    first = asked(manager, person="alice")
    rest = asked(manager, person="alice", before=rows[2].pk)

    assert f"before={rows[2].pk}" in first
    assert "number 02" in first
    assert "number 01" not in first
    assert "number 01" in rest
    assert "number 00" in rest
    assert "before=" not in rest


def test_of_a_notification_it_tells_the_numbers(viewer: Client, alice: User, person: Any) -> None:
    person("bob")
    row = send("everyone", title="To all")
    give(row, alice)

    page = asked(viewer, notification=row.pk)

    assert "To all" in page
    assert in_order(
        page, "Recipients</dt><dd>3", "Written to a connection</dt><dd>1", "Acknowledged by a page</dt><dd>0"
    )
    assert "Not yet reached</dt><dd>2" in page


def test_of_one_without_a_sending_there_are_no_numbers(viewer: Client) -> None:
    row = Notification.objects.create(topic="everyone", title="From long ago")

    page = asked(viewer, notification=row.pk)

    assert "From long ago" in page
    assert 'class="numbers"' not in page


def test_of_one_and_the_other_it_tells_what_became_of_it(viewer: Client, alice: User) -> None:
    row = send(title="Build 512", url="/builds/512")
    give(row, alice)
    read_state.click(alice, row.pk)
    recalls.recall(row.pk, by="admin", reason="wrong link")

    page = asked(viewer, person="alice", notification=row.pk)

    steps = ("written", "due", "delivered", "seen", "read", "clicked", "recalled")
    assert in_order(page, *(f'data-step="{step}"' for step in steps))
    assert "no page acknowledged it, but it was seen at" in page


def test_what_a_page_acknowledged_was_delivered(viewer: Client, alice: User) -> None:
    row = send()
    acknowledge(row, alice, at=give(row, alice) + timedelta(seconds=2))

    page = asked(viewer, person="alice", notification=row.pk)

    assert in_order(page, "Result for alice", "Delivered", "A page acknowledged it at ")
    assert in_order(page, 'data-step="delivered"', 'data-step="acknowledged"')


def test_of_what_was_only_written_to_a_connection_it_says_that_nothing_confirmed_it(
    viewer: Client, alice: User
) -> None:
    row = send()
    give(row, alice)

    page = asked(viewer, person="alice", notification=row.pk)

    assert in_order(page, "Result for alice", "Written, not confirmed", "Written to an open connection at ")
    assert "; nothing confirmed that it arrived." in page
    assert 'data-step="acknowledged"' not in page


@pytest.mark.parametrize(
    ("acknowledged", "words"), [(True, "أكّدت صفحة وصوله في"), (False, "ولا شيء يؤكد أنه وصل")]
)
def test_it_says_so_in_arabic(viewer: Client, alice: User, acknowledged: bool, words: str) -> None:
    row = send()
    at = give(row, alice)
    if acknowledged:
        acknowledge(row, alice, at=at)

    page = viewer.get(
        PAGE, {"person": "alice", "notification": str(row.pk)}, headers={"accept-language": "ar"}
    ).content.decode()

    assert words in page


def test_whether_it_arrived_is_told_where_another_rule_decided(viewer: Client, alice: User) -> None:
    preferences.put(alice, [], {"categories": {}, "quiet_hours": ALWAYS})  # type: ignore[typeddict-item]
    give(send(), alice)

    page = asked(viewer, person="alice")

    assert in_order(page, "It arrived during their quiet hours", "nothing confirmed that it arrived.")


def test_what_is_still_to_come_is_marked(viewer: Client, alice: User) -> None:
    row = send(send_at=timezone.now() + timedelta(hours=1))

    assert 'class="ahead" data-step="due"' in asked(viewer, person="alice", notification=row.pk)


def test_a_deactivated_person_is_found_too(viewer: Client, alice: User) -> None:
    send()
    alice.is_active = False
    alice.save()

    page = asked(viewer, person="alice")

    assert "This account is deactivated" in page
    assert 'data-reason="no-access"' in page


@pytest.mark.parametrize(
    "name", ["nobody", "Alice", "\0", "\ud800".encode("utf-8", "surrogatepass"), "x" * 5000]
)
def test_an_unknown_person_is_reported(viewer: Client, alice: User, name: str) -> None:
    answer = viewer.get(PAGE, {"person": name})

    assert answer.status_code == 404
    assert "No user “" in answer.content.decode()


@pytest.mark.parametrize("query", [{"notification": "7"}, {"person": "alice", "before": "x"}])
def test_what_is_no_id_is_reported(viewer: Client, alice: User, query: dict[str, str]) -> None:
    assert "isn’t a notification ID" in asked(viewer, 422, **query)


@pytest.mark.parametrize("query", [{}, {"person": "alice"}])
def test_an_unknown_notification_is_reported(viewer: Client, alice: User, query: dict[str, str]) -> None:
    assert "No notification with this ID" in asked(viewer, 404, notification=uuid4(), **query)


def test_hostile_texts_are_shown_and_never_run(manager: Client, person: Callable[[str], User]) -> None:
    mallory = person("<b>&name=x")
    row = send(f"user:{mallory.username}", title=HOSTILE)
    recalls.recall(row.pk, by="<i>by</i>", reason="<u>because</u>")

    look(manager, mallory.username)
    pages = (
        asked(manager, person=mallory.username),
        asked(manager, notification=row.pk),
        asked(manager, person=mallory.username, notification=row.pk),
        asked(manager, 404, person=HOSTILE),
    )

    for page in pages:
        assert "alert(1)" in page
        for tag in ("<script>alert", "<b>&", "<i>by", "<u>because"):
            assert tag not in page
    assert "?person=%3Cb%3E%26name%3Dx&amp;notification=" in pages[0]


def test_every_reason_has_a_text_in_every_language() -> None:
    tables = Path(dashboard.__file__).with_name("words").glob("*/why.json")

    for table in map(json.loads, [path.read_text() for path in tables]):
        words = [f"reason_{reason.replace('-', '_')}" for reason in REASONS]
        assert {name for word in words for name in (word, f"{word}_rule", f"{word}_do")} <= table.keys()


def test_each_of_its_views_takes_at_most_ten_queries(
    viewer: Client, alice: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    Group.objects.create(name="ops").user_set.add(alice)
    preferences.put(alice, [], {"categories": {"builds": NO_TOAST}, "quiet_hours": None})  # type: ignore[dict-item]
    rows = notify(["user:alice", "group:ops", "topic:releases"], "Hello")
    put_in_log(rows)
    for row in rows[:2]:
        give(row, alice)
    for n in range(70):
        give(send("everyone", title=f"{n}"), alice)

    for query in (
        {"person": "alice"},
        {"person": "alice", "before": rows[0].pk},
        {"notification": rows[0].pk},
        {"person": "alice", "notification": rows[0].pk},
    ):
        with django_assert_max_num_queries(10):
            asked(viewer, **query)
