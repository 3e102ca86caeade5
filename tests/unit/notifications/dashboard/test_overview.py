"""The page that staff open every day, as it comes before any script."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.log import Log
from notifications.sending import recalls
from notifications.sending.notify import notify

PATH = "/dashboard/"

pytestmark = pytest.mark.django_db


def shown(client: Client, **headers: str) -> str:
    answer = client.get(PATH, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stranger_signs_in_and_others_are_refused(staff: Any) -> None:
    assert Client().get(PATH)["Location"] == f"/accounts/login/?next={PATH}"
    assert staff("nobody").get(PATH).status_code == 403


def test_the_last_eight_sendings_lead_to_their_pages(viewer: Client) -> None:
    rows = [notify(["everyone", "topic:job-1"], f"number {n}", sender="ann")[0] for n in range(9)]

    page = shown(viewer)

    assert "number 0" not in page
    for row in rows[1:]:
        assert f'href="/dashboard/sent/{row.sending_id}/"' in page
    assert page.count("<bdi>ann</bdi> → <bdi>everyone, topic:job-1</bdi>") == 8


def test_what_is_due_next_is_listed_the_soonest_first_without_what_was_recalled(viewer: Client) -> None:
    now = timezone.now()
    later = {n: notify(["everyone"], f"due {n}", send_at=now + timedelta(hours=n))[0] for n in (4, 2, 1, 3)}
    assert later[1].sending_id
    recalls.recall_sending(later[1].sending_id, "ann", "")

    due = shown(viewer).partition('id="due"')[2]

    assert re.findall(r"due (\d)", due) == ["2", "3", "4"]


def test_each_role_is_offered_what_it_may_do(viewer: Client, sender: Client) -> None:
    send = '<a class="main" href="/dashboard/send/">'

    assert send not in shown(viewer)
    assert send in shown(sender)


def test_the_charts_begin_two_minutes_ago(viewer: Client, live_log: Log) -> None:
    head = live_log.head()

    found = re.search(r'data-position="(\d+)"', shown(viewer))

    assert found
    assert int(found[1]) == head - 120_000_000


def test_without_a_script_it_says_what_is_missing(viewer: Client) -> None:
    assert '<noscript><p class="notice">Turn on JavaScript to see live numbers' in shown(viewer)


def test_it_takes_few_queries_however_much_was_sent(
    viewer: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        notify(["everyone"], f"number {n}")
        notify(["everyone"], f"due {n}", send_at=timezone.now() + timedelta(hours=1))

    with django_assert_max_num_queries(10):
        shown(viewer)


@pytest.mark.parametrize("path", [PATH, "/dashboard/connections/", "/dashboard/rooms/"])
def test_it_speaks_the_readers_language_and_has_nothing_inline(viewer: Client, path: str) -> None:
    answer = viewer.get(path, headers={"accept-language": "ar"})

    page = answer.content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert " style=" not in page
    assert "<script>" not in page
    words = re.search(r'<script id="words" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert words
    assert all(json.loads(words[1]).values())
