"""The page of the instances and connections: what it listens to, and what is done from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import User
from django.test import Client

from hub.log import Log
from hub.ops.connection_list import decode
from notifications.models import AuditEntry, Notification
from tests.unit.notifications.dashboard.commands import commands

PATH = "/dashboard/connections/"
ONE = {"instance": "hub-1", "number": "7", "person": "3"}
SCRIPTED = {"accept": "application/json"}

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"{PATH}{query}")
    assert answer.status_code == status
    return answer.content.decode()


def listens(page: str) -> list[str]:
    found = re.search(r'data-query="\?([^"]*)"', page)
    assert found
    return parse_qs(found[1].replace("&amp;", "&"))["topic"]


def audited() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("actor", "act", "target"))


def test_it_listens_to_the_instances_and_to_what_the_filter_admits(viewer: Client) -> None:
    page = shown(viewer, "?person=alice&topic=job-42&kind=feed&address=127.&older_s=60")

    instances, connections = listens(page)
    filter = decode(connections.removeprefix("staff-connections-"))
    assert instances == "staff-instances"
    assert (filter.person, filter.topic, filter.kind) == ("alice", "job-42", "feed")
    assert (filter.address, filter.older_s) == ("127.", 60)
    assert 'name="person" value="alice"' in page
    assert '<option value="60" selected>' in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?topic=a b", "is not a valid topic"),
        ("?kind=pigeon", "is “feed” or “room”"),
        ("?older_s=long", "number of seconds"),
        ("?older_s=-1", "number of seconds"),
        ("?older_s=99999999999999999999", "number of seconds"),
        ("?person=%00", "control character"),
        (f"?person={'x' * 150}", "These filters are too long"),
    ],
)
def test_a_filter_that_is_none_is_refused_with_the_reason(viewer: Client, query: str, says: str) -> None:
    page = shown(viewer, query, 422)

    assert re.search(rf'<p id="notice" class="notice" role="alert">[^<]*{says}', page)
    assert listens(page) == ["staff-instances"]


def test_without_a_script_a_manager_drains_by_name(manager: Client, viewer: Client) -> None:
    def plain(page: str) -> str:
        return page.partition("<noscript>")[2].partition("</noscript>")[0]

    assert 'action="/dashboard/connections/drain"' in plain(shown(manager))
    assert 'formaction="/dashboard/connections/undrain"' in plain(shown(manager))
    assert "<form" not in plain(shown(viewer))


def test_it_takes_few_queries(viewer: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10):
        shown(viewer)


@pytest.mark.parametrize(("act", "reply"), [("drain", "Draining hub-1."), ("undrain", "Resuming hub-1.")])
def test_a_manager_drains_and_undrains_an_instance(
    manager: Client, live_log: Log, act: str, reply: str
) -> None:
    answer = manager.post(f"{PATH}{act}", {"instance": "hub-1"})

    assert answer["Location"] == PATH
    assert reply in manager.get(PATH).content.decode()
    assert commands(live_log) == [("drain", {"instance": "hub-1", "draining": act == "drain"})]
    assert audited() == [("manager", act, "hub-1")]


def test_a_manager_disconnects_one_connection(manager: Client, live_log: Log) -> None:
    answer = manager.post(f"{PATH}disconnect", ONE, headers=SCRIPTED)

    assert answer.json() == {"message": "Disconnecting connection 7 from hub-1."}
    assert commands(live_log) == [("disconnect", {"instance": "hub-1", "number": 7, "person": "3"})]
    assert audited() == [("manager", "disconnect", "hub-1 #7")]


def test_a_sender_sends_a_person_a_test(sender: Client, person: Callable[[str], User]) -> None:
    alice = person("alice")

    answer = sender.post(f"{PATH}test", {"person": "alice"}, headers=SCRIPTED)

    row = Notification.objects.select_related("sending").get()
    assert answer.json() == {"message": "Test sent to alice."}
    assert (row.topic, row.category) == (f"user-{alice.pk}", "test")
    assert row.sending
    assert row.sending.sender == "sender"
    assert audited() == [("sender", "test", "user:alice")]


@pytest.mark.parametrize("act", ["drain", "undrain", "disconnect", "test"])
def test_a_viewer_is_refused_each_act_and_nothing_is_done(
    viewer: Client, live_log: Log, person: Callable[[str], User], act: str
) -> None:
    person("alice")

    answer = viewer.post(f"{PATH}{act}", {**ONE, "person": "alice"})

    assert answer.status_code == 403
    assert commands(live_log) == []
    assert not Notification.objects.exists()
    assert audited() == []


def test_a_sender_may_not_manage_nor_a_manager_send(sender: Client, manager: Client) -> None:
    for act in ("drain", "undrain", "disconnect"):
        assert sender.post(f"{PATH}{act}", ONE).status_code == 403
    assert manager.post(f"{PATH}test", {"person": "sender"}).status_code == 403
    assert audited() == []


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("drain", {}),
        ("drain", {"instance": "a\nb"}),
        ("drain", {"instance": "x" * 300}),
        ("disconnect", {**ONE, "instance": ""}),
        ("disconnect", {**ONE, "number": "seven"}),
        ("disconnect", {**ONE, "number": "²"}),
        ("disconnect", {**ONE, "person": ""}),
    ],
)
def test_a_command_to_no_connection_is_refused_with_the_reason(
    manager: Client, live_log: Log, act: str, form: dict[str, str]
) -> None:
    answer = manager.post(f"{PATH}{act}", form)
    scripted = manager.post(f"{PATH}{act}", form, headers=SCRIPTED)

    assert (answer.status_code, scripted.status_code) == (422, 422)
    assert 'class="notice" role="alert"' in answer.content.decode()
    assert scripted.json()["detail"]
    assert commands(live_log) == []
    assert audited() == []


@pytest.mark.parametrize("name", ["nobody", "", "a\x00b"])
def test_a_test_without_recipients_is_refused_with_the_reason(sender: Client, name: str) -> None:
    answer = sender.post(f"{PATH}test", {"person": name}, headers=SCRIPTED)

    assert answer.status_code == 422
    assert "No user, group, topic or segment called" in answer.json()["detail"]
    assert audited() == []


def test_while_the_log_is_away_an_order_is_not_given_and_not_audited(manager: Client) -> None:
    answer = manager.post(f"{PATH}drain", {"instance": "hub-1"}, headers=SCRIPTED)

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "The log is unavailable" in answer.json()["detail"]
    assert audited() == []


def test_an_act_needs_its_token(manager: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = manager.cookies

    assert strict.post(f"{PATH}drain", {"instance": "hub-1"}).status_code == 403
    assert audited() == []
