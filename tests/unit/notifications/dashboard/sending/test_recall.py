"""Recall and stop: gone from the inboxes, and a tombstone with who, when and why."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from hub.log import Log
from notifications.access import judge
from notifications.inbox import listing
from notifications.models import AuditEntry, Notification
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import acts, text

pytestmark = pytest.mark.django_db(transaction=True)

Person = Callable[[str], User]


def lying(user: User) -> int:
    return len(listing.find(user, judge.own_topics(user))[0])


def test_it_leaves_every_inbox_and_says_who_when_and_why(
    sender: Client, person: Person, live_log: Log
) -> None:
    alice, bob = person("alice"), person("bob")
    rows = notify(["user:alice", "user:bob"], "Wrong")
    page = f"/dashboard/sent/{rows[0].sending_id}/"

    answer = sender.post(f"{page}recall", {"reason": " A <typo>\nin it \x00"}, follow=True)

    entry = AuditEntry.objects.get()
    assert (lying(alice), lying(bob)) == (0, 0)
    said = answer.content.decode()
    tombstone = said[said.index('id="tombstone"') : said.index("</section>", said.index('id="tombstone"'))]
    assert "hidden" not in tombstone
    assert "<bdi>sender</bdi>" in tombstone
    assert "A &lt;typo&gt; in it" in tombstone
    assert (entry.act, entry.actor, entry.target) == ("recall", "sender", str(rows[0].sending_id))
    assert (entry.detail["rows"], entry.detail["reason"]) == (2, "A <typo> in it ")


def test_a_second_time_changes_nothing(sender: Client, person: Person, live_log: Log) -> None:
    person("alice")
    path = f"/dashboard/sent/{notify(['user:alice'], 'Wrong')[0].sending_id}/recall"

    sender.post(path, {"reason": "first"})
    sender.post(path, {"reason": "second"})

    assert Notification.objects.get().recall_reason == "first"
    assert acts() == ["recall"]


def test_what_is_published_already_is_not_stopped(sender: Client, person: Person, live_log: Log) -> None:
    person("alice")
    rows = notify(["user:alice"], "Out")

    answer = sender.post(f"/dashboard/sent/{rows[0].sending_id}/stop", follow=True)

    assert "All of it was already sent" in text(answer)
    assert Notification.objects.get().recalled_at is None
    assert acts() == []


def test_stop_keeps_back_what_is_not_published(sender: Client, person: Person, live_log: Log) -> None:
    alice, bob = person("alice"), person("bob")
    rows = notify(["user:alice", "user:bob"], "Half")
    Notification.objects.filter(topic=f"user-{bob.pk}").update(position=None)
    page = f"/dashboard/sent/{rows[0].sending_id}/"

    shown = sender.get(page).content.decode()
    sender.post(f"{page}stop", {"reason": "enough"})

    assert shown.index('data-state="sending"') < shown.index("Stop</button>")
    assert (lying(alice), lying(bob)) == (1, 0)
    assert acts() == ["stop"]


def test_there_is_no_page_of_what_was_never_sent(sender: Client) -> None:
    page = f"/dashboard/sent/{uuid4()}/"

    assert sender.get(page).status_code == 404
    for act in ("undo", "stop", "recall"):
        assert sender.post(f"{page}{act}").status_code == 404


def test_acts_are_posts(sender: Client, person: Person) -> None:
    person("alice")
    page = f"/dashboard/sent/{notify(['user:alice'], 'Out')[0].sending_id}/"

    assert [sender.get(f"{page}{act}").status_code for act in ("undo", "stop", "recall")] == [405] * 3
