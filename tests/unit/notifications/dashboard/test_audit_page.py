"""The audit log: what was done can be read, and by nothing be changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from notifications.access.audit import ACTS
from notifications.models import AuditEntry

PATH = "/dashboard/audit/"
AT = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)
SENDING = "0195a1b2-0000-7000-8000-000000000001"

pytestmark = pytest.mark.django_db


def note(act: str = "drain", target: str = "hub-1", actor: str = "ann", **detail: Any) -> AuditEntry:
    return AuditEntry.objects.create(
        actor_id=1, actor=actor, act=act, target=target, detail=detail, address="10.0.0.7", at=AT
    )


def shown(client: Client, **query: str) -> str:
    answer = client.get(PATH, query)
    assert answer.status_code == 200
    return answer.content.decode()


def lines(page: str) -> list[str]:
    """Each entry as it is read."""
    found = re.findall(r'<p class="what">(.*?)</p>\s*<p class="when">(.*?)</p>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", f"{what} | {when}") for what, when in found]


def test_an_entry_is_one_sentence_in_plain_words(viewer: Client) -> None:
    note()

    assert lines(shown(viewer)) == ["ann drained the instance hub-1 | 1 Mar 2025, 12:30:00 UTC · 10.0.0.7"]


def test_every_act_has_its_words(viewer: Client, django_assert_max_num_queries: Any) -> None:
    for act in ACTS:
        note(act)

    with django_assert_max_num_queries(10):
        said = lines(shown(viewer))

    assert len(said) == len(set(said)) == len(ACTS)


def test_a_sending_is_called_by_its_title_and_linked(viewer: Client) -> None:
    note("recall", SENDING, title="Maintenance <tonight>", rows=3)

    page = shown(viewer)

    assert f'<a href="/dashboard/sent/{SENDING}/"><bdi>Maintenance &lt;tonight&gt;</bdi></a>' in page
    assert "&quot;rows&quot;: 3" in page


def test_a_room_and_a_person_are_linked(viewer: Client) -> None:
    note("remove-person", "lobby", person="bob")
    note("change-preferences", "bob", person=7)

    page = shown(viewer)

    assert '<a href="/dashboard/rooms/lobby/"><bdi>lobby: bob</bdi></a>' in page
    assert '<a href="/dashboard/people/7/"><bdi>bob</bdi></a>' in page


@pytest.mark.parametrize("act", ["send", "close-room", "change-preferences"])
def test_a_target_that_leads_nowhere_is_text(viewer: Client, act: str) -> None:
    note(act, "a/b c", person="x")

    assert "a/b c" in shown(viewer)


def test_it_is_asked_by_who_what_and_to_what(viewer: Client) -> None:
    note("drain", "hub-1", "ann")
    note("undrain", "hub-1", "bob")
    note("drain", "hub-22", "bob")

    assert len(lines(shown(viewer, actor="bob"))) == 2
    assert len(lines(shown(viewer, act="drain"))) == 2
    assert len(lines(shown(viewer, target="ub-2"))) == 1
    assert len(lines(shown(viewer, actor="bob", act="drain", target="hub"))) == 1


@pytest.mark.parametrize("value", ["nobody", "%", "\x00x", "x" * 500, "<b>"])
def test_an_act_that_no_one_did_is_not_found_and_no_error(viewer: Client, value: str) -> None:
    note()

    for name in ("actor", "act", "target"):
        page = shown(viewer, **{name: value})
        assert lines(page) == []
        assert "No matching entries" in page


def test_the_newest_come_first_and_all_come_by_pages(viewer: Client) -> None:
    for number in range(120):
        note(target=f"hub-{number}")

    found, query = [], {"actor": "ann"}
    while query:
        page = shown(viewer, **query)
        found += re.findall(r"hub-(\d+)</bdi>", page)
        following = re.search(r'<a rel="next" href="\?actor=ann&amp;before=(\d+)"', page)
        query = {"actor": "ann", "before": following[1]} if following else {}

    assert found == [str(number) for number in reversed(range(120))]


def test_no_entry_is_changed_or_removed_by_the_program() -> None:
    entry = note()

    entry.target = "hub-2"
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(target="hub-2"),
    ):
        with pytest.raises(TypeError):
            change()
    assert AuditEntry.objects.get().target == "hub-1"


@pytest.mark.parametrize("change", ["UPDATE {} SET actor = 'eve'", "DELETE FROM {}"])
def test_nor_by_who_writes_to_the_database(change: str) -> None:
    note()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("hub_notifications_auditentry"))
    assert AuditEntry.objects.get().actor == "ann"


@pytest.mark.django_db(transaction=True)
def test_it_outlives_who_did_it(admin_client: Client) -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    AuditEntry.objects.create(actor_id=ann.pk, actor="ann", act="drain", target="hub-1")

    answer = admin_client.post(reverse("admin:auth_user_delete", args=[ann.pk]), {"post": "yes"})

    assert answer.status_code == 302
    assert not User.objects.filter(username="ann").exists()
    entry = AuditEntry.objects.get(act="drain")
    assert (entry.actor_id, entry.actor) == (ann.pk, "ann")


def test_no_one_looks_at_it_without_the_role(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("alice", is_staff=True))

    assert client.get(PATH).status_code == 403
