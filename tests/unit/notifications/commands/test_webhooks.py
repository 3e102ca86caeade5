"""What a webhook becomes is accepted by the hub, whatever the webhook holds."""

from __future__ import annotations

from typing import Any

import pytest

from hub import events, topics
from notifications.api.requests import EventBody, NotificationBody
from notifications.demo import github_sample
from notifications.sending.notify import notify
from tests.cases.webhooks import sources

ISSUE: dict[str, Any] = {
    "event": "issue_comment",
    "action": "created",
    "payload": {
        "action": "created",
        "issue": {"number": 7, "title": "It\nbreaks", "html_url": "https://example.com/7", "body": "How"},
        "comment": {"html_url": "https://example.com/7#1", "body": "Same\x00 here\nand there"},
        "repository": {"name": "hub", "html_url": "https://example.com"},
    },
}


def test_an_issues_comment_says_what_where_and_leads_to_itself() -> None:
    assert github_sample.notification(3, ISSUE) == {
        "to": ["group:ops"],
        "title": "Issue comment created in hub #7: It breaks",
        "body": "Same here\nand there",
        "url": "https://example.com/7#1",
        "category": "issue-comment",
        "severity": "info",
    }


def test_its_event_has_the_payload_on_the_repositorys_topic() -> None:
    expected = {"topic": "repo-hub", "type": "issue-comment", "data": ISSUE["payload"]}

    assert github_sample.event(ISSUE) == expected


def test_a_payload_too_large_for_an_event_is_cut() -> None:
    payload = {
        **ISSUE["payload"],
        "diff": ["x" * events.MAX_DATA_BYTES],
        "patch": "x" * events.MAX_DATA_BYTES,
    }

    data = github_sample.event({**ISSUE, "payload": payload})["data"]

    assert data == {"cut": True, "action": "created"}


@pytest.mark.parametrize(
    ("event", "payload", "severity"),
    [
        ("check_run", {"check_run": {"conclusion": "failure"}}, "error"),
        ("check_run", {"check_run": {"conclusion": "success"}}, "success"),
        ("dependabot_alert", {"alert": {"state": "open"}}, "warning"),
        ("security_advisory", {"security_advisory": {"severity": "critical"}}, "critical"),
        ("star", {"action": "deleted"}, "warning"),
        ("star", {"action": "created"}, "info"),
    ],
)
def test_the_severity_is_the_events(event: str, payload: dict[str, Any], severity: str) -> None:
    webhook = {"event": event, "action": "", "payload": payload}

    assert github_sample.notification(0, webhook)["severity"] == severity


def test_a_key_differs_with_the_webhook_and_its_number() -> None:
    keys = {github_sample.key(0, "a"), github_sample.key(1, "a"), github_sample.key(0, "b")}

    assert len(keys) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("source", sources())
def test_every_webhook_is_accepted(source: str, django_user_model: Any) -> None:
    for number, webhook in enumerate(sources()[source]):
        event = EventBody(**github_sample.event(webhook))
        topics.check_live(event.topic)
        body = NotificationBody(**github_sample.notification(number, webhook))
        notify(**{**dict(body), "to": ["everyone"]})
