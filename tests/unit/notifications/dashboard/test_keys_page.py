"""API keys: made once, shown once, revoked for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from hub.errors import Problem
from notifications.access import api_keys
from notifications.models import ApiKey, AuditEntry

PATH = "/dashboard/keys/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(staff: Callable[..., Client]) -> Client:
    return staff("boss", "view", "send", "broadcast", "manage")


def make(client: Client, **form: Any) -> Any:
    return client.post(PATH, {"name": "ci", "scope": ["send"], "topics": "", **form})


def shown_key(page: str) -> str:
    found = re.search(r'<code id="key"[^>]*>([^<]+)</code>', page)
    assert found
    return found[1]


def test_a_key_is_made_and_works(boss: Client) -> None:
    ops = Group.objects.create(name="ops")
    answer = make(boss, scope=["send", "publish"], topics="group-ops\n  user-*  \n\n")

    key = api_keys.check(shown_key(answer.content.decode()), "publish")
    assert (key.name, key.scopes, key.topics) == ("ci", ["send", "publish"], [f"group-{ops.pk}", "user-*"])
    assert "group-ops, user-*" in boss.get(PATH).content.decode()


def test_its_text_is_in_this_one_answer_and_nowhere_else(
    boss: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = make(boss)

    text = shown_key(answer.content.decode())

    assert "no-store" in answer["Cache-Control"]
    assert text not in boss.get(PATH).content.decode()
    assert text not in str(ApiKey.objects.values().get())
    assert text not in str(AuditEntry.objects.values().get())
    assert text not in caplog.text


def test_what_was_done_is_in_the_audit_log(boss: Client) -> None:
    make(boss, topics="job-*")
    boss.post(f"{PATH}{ApiKey.objects.get().pk}/revoke")

    entries = [(entry.actor, entry.act, entry.target, entry.detail) for entry in AuditEntry.objects.all()]

    assert entries == [
        ("boss", "revoke-key", "ci", {"held": 0}),
        (
            "boss",
            "make-key",
            "ci",
            {"scopes": ["send"], "topics": ["job-*"], "opens_private": True, "may_broadcast": True},
        ),
    ]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scope": []}, "at least one scope"),
        ({"scope": ["everything"]}, "everything"),
        ({"topics": "job-1\nno topic"}, "no topic"),
        ({"topics": "*"}, "*"),
        ({"name": "taken"}, "taken"),
    ],
)
def test_what_cannot_be_made_is_reported_and_the_form_keeps_what_was_written(
    boss: Client, form: dict[str, Any], reason: str
) -> None:
    api_keys.create("taken", ["read"])

    answer = make(boss, **form)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert reason in page[page.index('role="alert"') :].partition("</p>")[0]
    assert form.get("topics", "") in page
    assert ApiKey.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_a_revoked_key_works_no_more_and_is_listed_as_that(boss: Client) -> None:
    text = shown_key(make(boss).content.decode())

    answer = boss.post(f"{PATH}{ApiKey.objects.get().pk}/revoke", follow=True)

    with pytest.raises(Problem, match="revoked"):
        api_keys.check(text, "send")
    assert "Key “ci” revoked." in answer.content.decode()
    assert '<span class="tag bad">revoked</span>' in answer.content.decode()


def test_a_second_time_is_reported_and_not_recorded(boss: Client) -> None:
    make(boss)
    path = f"{PATH}{ApiKey.objects.get().pk}/revoke"

    boss.post(path)
    again = boss.post(path, follow=True)

    assert "No active key named" in again.content.decode()
    assert AuditEntry.objects.filter(act="revoke-key").count() == 1


def test_those_that_work_come_first_and_all_come_by_pages(manager: Client) -> None:
    for number in range(60):
        api_keys.create(f"k{number:02}", ["send"])
    for number in range(55, 60):
        api_keys.revoke(f"k{number:02}")

    first = manager.get(PATH).content.decode()
    following = re.search(r'<a rel="next" href="\?([^"]+)"', first)
    assert following
    second = manager.get(f"{PATH}?{following[1]}").content.decode()

    listed = [re.findall(r'<th scope="row"><bdi>(k\d\d)', page) for page in (first, second)]
    assert listed[0] == [f"k{number:02}" for number in range(54, 4, -1)]
    assert listed[1] == [f"k{number:02}" for number in (4, 3, 2, 1, 0, 59, 58, 57, 56, 55)]


@pytest.mark.parametrize("before", ["x", "-1", "1" * 30, "٣", "999999"])
def test_a_page_that_begins_nowhere_is_not_found(manager: Client, before: str) -> None:
    assert manager.get(PATH, {"before": before}).status_code == 404


@pytest.mark.parametrize("who", ["viewer", "sender", "broadcaster"])
def test_other_roles_are_refused_each_act(request: pytest.FixtureRequest, who: str) -> None:
    client: Client = request.getfixturevalue(who)
    api_keys.create("ci", ["send"])
    key = ApiKey.objects.get()

    answers = [client.get(PATH), make(client, name="other"), client.post(f"{PATH}{key.pk}/revoke")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert ApiKey.objects.get().revoked_at is None
    assert not AuditEntry.objects.exists()
