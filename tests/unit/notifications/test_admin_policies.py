"""In the admin a policy of live topics is a form, checked as the API checks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from hub.policies.current import policies
from notifications.access.policies import rows
from notifications.models import AuditEntry, TopicPolicy

ADD = "admin:hub_notifications_topicpolicy_add"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    policies.configure([])


def errors(answer: Any) -> dict[str, list[str]]:
    """The errors of the form, by field."""
    return dict(answer.context["adminform"].form.errors)


def test_what_is_filled_in_is_stored_and_shown_again(admin_client: Client) -> None:
    Group.objects.create(name="site ops")
    form = {
        "pattern": "job-*",
        "history_events": "10",
        "coalesce": "last",
        "coalesce_ms": "100",
        "max_rate": "0.5",
        "read": "everyone\n group:site ops \n\n",
    }

    answer = admin_client.post(reverse(ADD), form)

    assert answer.status_code == 302, errors(answer)
    row = TopicPolicy.objects.get()
    assert row.fields["read"] == ["everyone", f"group-{Group.objects.get().pk}"]
    (policy,) = rows.read()
    assert (policy.max_events, policy.coalesce_ms, policy.max_rate, policy.publish) == (10, 100, 0.5, ())
    page = admin_client.get(reverse("admin:hub_notifications_topicpolicy_change", args=[row.pk]))
    initial = page.context["adminform"].form.initial
    assert (initial["history_events"], initial["coalesce"]) == (10, "last")
    assert initial["read"] == "everyone\ngroup:site ops"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"pattern": "user-*"}, "pattern"),
        ({"pattern": ""}, "pattern"),
        ({"pattern": "taken-*"}, "pattern"),
        ({"pattern": "set-*"}, "pattern"),
        ({"history_bytes": "1"}, "history_bytes"),
        ({"coalesce": "last"}, "coalesce_ms"),
        ({"coalesce_ms": "100"}, "coalesce"),
        ({"coalesce": "join", "coalesce_ms": "100", "latest": "on"}, "coalesce"),
        ({"max_rate": "nan"}, "max_rate"),
        ({"max_bytes": "70000"}, "max_bytes"),
        ({"read": "nobody"}, "read"),
        ({"publish": "group:nowhere"}, "publish"),
    ],
)
def test_what_no_policy_can_be_is_named_at_its_field(
    admin_client: Client, form: dict[str, str], field: str
) -> None:
    policies.configure([{"pattern": "set-*"}])
    TopicPolicy.objects.create(pattern="taken-*")

    answer = admin_client.post(reverse(ADD), {"pattern": "job-*", **form})

    assert answer.status_code == 200
    assert list(errors(answer)) == [field]
    assert TopicPolicy.objects.count() == 1


def test_a_row_that_is_no_policy_can_be_mended(admin_client: Client) -> None:
    row = TopicPolicy.objects.create(pattern="job-*", fields={"max_rate": "fast"})
    path = reverse("admin:hub_notifications_topicpolicy_change", args=[row.pk])

    assert admin_client.get(path).status_code == 200
    assert admin_client.post(path, {"pattern": "job-*", "max_rate": "5"}).status_code == 302

    assert [policy.max_rate for policy in rows.read()] == [5]


def test_each_change_is_in_the_audit_log(admin_client: Client) -> None:
    admin_client.post(reverse(ADD), {"pattern": "job-*"})
    path = reverse("admin:hub_notifications_topicpolicy_delete", args=[TopicPolicy.objects.get().pk])
    admin_client.post(path, {"post": "yes"})

    acts = AuditEntry.objects.filter(target="job-*").order_by("id").values_list("actor", "act")
    assert list(acts) == [("admin", "save-policy"), ("admin", "delete-policy")]
    assert not TopicPolicy.objects.exists()
