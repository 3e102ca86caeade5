"""The calls about runs: who may, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from hub.log import Log
from notifications.access import api_keys, tokens
from notifications.models import AuditEntry
from tests.unit.notifications.conftest import Caller, events_on, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(live_log: Log, program: Caller, alice: User) -> dict[str, Any]:
    begun: dict[str, Any] = program.post("runs", {"owner": "alice", "title": "Why?"}).json
    return begun


def of(user: User) -> Caller:
    return Caller(tokens.sign(tokens.claims(user, [], 60)))


def test_events_are_appended_in_their_order(live_log: Log, program: Caller, run: dict[str, Any]) -> None:
    given = [
        {"type": "phase", "data": {"name": "thinking"}},
        {"type": "token", "data": {"text": "Because"}},
        {"type": "tool", "data": [1, None, {"ü": True}]},
    ]

    answer = program.post(f"runs/{run['run']}/events", {"events": given})

    found = events_on(live_log, run["topic"])
    assert [{"type": event["type"], "data": event["data"]} for event in found] == given
    assert answer.json == {"position": found[-1]["position"], "stop": False}


def test_a_repeated_call_appends_nothing_twice(live_log: Log, program: Caller, run: dict[str, Any]) -> None:
    body = {"events": [{"type": "token", "data": {"text": "once"}}]}

    answers = [
        program.post(f"runs/{run['run']}/events", body, Idempotency_Key="part-1").json for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(events_on(live_log, run["topic"])) == 1


@pytest.mark.parametrize(
    ("event", "status", "field"),
    [
        ({"type": "done", "data": {}}, 422, "events.1.type"),
        ({"type": "stopped", "data": {}}, 422, "events.1.type"),
        ({"type": "Token", "data": {"text": "x"}}, 422, "events.1.type"),
        ({"type": "stream-live", "data": 1}, 422, "events.1.type"),
        ({"type": "token", "data": "x"}, 422, "events.1.data"),
        ({"type": "token", "data": {"text": 7}}, 422, "events.1.data"),
        ({"type": "token", "data": {"text": "x", "more": 1}}, 422, "events.1.data"),
        ({"type": "artifact", "data": "x" * 70_000}, 413, "events.1.data"),
        ({"type": "token"}, 422, "events.1.data"),
        ({"type": "token", "data": {"text": "x"}, "id": 1}, 422, "events.1.id"),
    ],
)
def test_of_a_call_with_a_bad_event_nothing_is_appended(
    live_log: Log, program: Caller, run: dict[str, Any], event: Any, status: int, field: str
) -> None:
    good = {"type": "token", "data": {"text": "fine"}}

    answer = program.post(f"runs/{run['run']}/events", {"events": [good, event]})

    assert refused(answer, status, field)
    assert events_on(live_log, run["topic"]) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "owner"),
        ({"owner": "nobody"}, "owner"),
        ({"owner": "a\0"}, "owner"),
        ({"owner": "alice", "title": "x" * 256}, "title"),
        ({"owner": "alice", "share": ["group:unknown"]}, "share"),
        ({"owner": "alice", "share": ["topic:releases"]}, "share"),
        ({"owner": "alice", "share": "everyone"}, "share"),
        ({"owner": "alice", "lease_s": 1}, "lease_s"),
        ({"owner": "alice", "lease_s": 1e9}, "lease_s"),
        ({"owner": "alice", "model": "x"}, "model"),
    ],
)
def test_a_bad_field_of_a_new_run_is_named(
    live_log: Log, program: Caller, alice: User, body: Any, field: str
) -> None:
    assert refused(program.post("runs", body), 422, field)


def test_once_it_has_ended_its_producer_is_told_to_stop(
    live_log: Log, program: Caller, alice: User, run: dict[str, Any]
) -> None:
    stopped = of(alice).post(f"runs/{run['run']}/stop")

    late = program.post(f"runs/{run['run']}/events", {"events": [{"type": "token", "data": {"text": "x"}}]})

    assert (stopped.json["state"], stopped.json["stopped_by"]) == ("stopped", "alice")
    assert late.json == {"position": None, "stop": True}
    assert [event["type"] for event in events_on(live_log, run["topic"])] == ["stopped"]


def test_a_stop_after_it_is_done_changes_nothing(
    live_log: Log, program: Caller, alice: User, run: dict[str, Any]
) -> None:
    program.post(f"runs/{run['run']}/done", {"outcome": 1})

    stopped = of(alice).post(f"runs/{run['run']}/stop")

    assert (stopped.status, stopped.json["state"], stopped.json["outcome"]) == (200, "done", 1)


@pytest.mark.parametrize("call", ["events", "done", "error"])
def test_only_the_key_that_began_it_produces(
    live_log: Log, with_key: Callable[..., Caller], run: dict[str, Any], call: str
) -> None:
    other = with_key("publish")

    answer = other.post(f"runs/{run['run']}/{call}", {"events": []} if call == "events" else {})

    assert refused(answer, 403)


def test_a_key_for_some_topics_begins_none(live_log: Log, alice: User) -> None:
    bound = Caller(api_keys.create("bound", ["publish"], topics=["job-*"]))

    assert refused(bound.post("runs", {"owner": "alice"}), 403)


def test_it_says_whether_the_one_who_asks_may_stop_it(
    live_log: Log, program: Caller, alice: User, bob: User
) -> None:
    begun = program.post("runs", {"owner": "alice", "share": ["user:bob"]}).json

    def answers() -> list[bool]:
        found = [of(person).get(f"runs/{begun['run']}").json for person in (alice, bob)]
        listed = [of(person).get("runs").json["runs"][0] for person in (alice, bob)]
        return [one["may_stop"] for one in (*found, *listed)]

    assert answers() == [True, False, True, False]
    program.post(f"runs/{begun['run']}/done", {})
    assert answers() == [False] * 4


def test_others_do_not_see_it(live_log: Log, bob: User, run: dict[str, Any]) -> None:
    caller = of(bob)

    assert refused(caller.get(f"runs/{run['run']}"), 404)
    assert refused(caller.post(f"runs/{run['run']}/stop"), 404)
    assert caller.get("runs").json == {"runs": [], "next": None}


def test_whom_it_is_shared_with_reads_it_and_does_not_stop_it(
    live_log: Log, program: Caller, alice: User, bob: User
) -> None:
    group = Group.objects.create(name="ops")
    bob.groups.add(group)
    run = program.post("runs", {"owner": "alice", "share": ["group:ops"]}).json["run"]
    caller = of(bob)

    assert caller.get(f"runs/{run}").json["state"] == "running"
    assert refused(caller.post(f"runs/{run}/stop"), 403)
    bob.groups.remove(group)
    assert refused(caller.get(f"runs/{run}"), 404)


@pytest.mark.parametrize("id", ["00000000-0000-0000-0000-000000000000", "x", "0" * 32])
def test_an_unknown_run_is_not_found(live_log: Log, program: Caller, alice: User, id: str) -> None:
    assert of(alice).get(f"runs/{id}").status == 404
    assert of(alice).post(f"runs/{id}/stop").status == 404
    assert program.post(f"runs/{id}/events", {"events": []}).status == 404
    assert program.post(f"runs/{id}/done", {}).status == 404


def test_the_latest_come_first_page_by_page(live_log: Log, program: Caller, alice: User) -> None:
    ids = [program.post("runs", {"owner": "alice"}).json["run"] for _ in range(3)]
    caller = of(alice)

    first = caller.get("runs?limit=2").json
    rest = caller.get(f"runs?limit=2&before={first['next']}").json

    assert [run["run"] for run in first["runs"] + rest["runs"]] == ids[::-1]
    assert rest["next"] is None


def test_a_stop_by_a_manager_is_audited(live_log: Log, run: dict[str, Any]) -> None:
    manager = User.objects.create_superuser("root")

    stopped = of(manager).post(f"runs/{run['run']}/stop")

    entry = AuditEntry.objects.get(act="stop-run")
    assert stopped.json["stopped_by"] == "root"
    assert (entry.actor, entry.target, entry.detail) == ("root", run["run"], {"owner": "alice"})
