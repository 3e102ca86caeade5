"""Programs of scope `manage` keep the policies of live topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from hub.log import Log
from hub.policies.current import policies as current
from notifications.access import api_keys
from notifications.access.policies import rows
from notifications.models import AuditEntry, TopicPolicy
from tests.unit.notifications.conftest import Caller, refused

NOTHING: dict[str, Any] = {
    "history": None,
    "latest": None,
    "coalesce_ms": None,
    "coalesce": None,
    "max_rate": None,
    "max_bytes": None,
    "read": None,
    "publish": [],
}
PRICES = {"latest": "key", "coalesce_ms": 100, "coalesce": "last"}

pytestmark = pytest.mark.usefixtures("live_log")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    current.configure([])
    current.put_rows([])


def test_a_policy_is_put_listed_replaced_and_deleted(program: Caller) -> None:
    made = program.put("policies/price-*", PRICES)
    listed = program.get("policies")
    again = program.put("policies/price-*", {"pattern": "price-*", "max_rate": 5})
    gone = program.delete("policies/price-*")

    assert (made.status, made.json) == (201, {**NOTHING, "pattern": "price-*", **PRICES})
    assert listed.json == {"policies": [made.json]}
    assert (again.status, again.json) == (200, {**NOTHING, "pattern": "price-*", "max_rate": 5})
    assert (gone.status, gone.json) == (200, again.json)
    assert program.get("policies").json == {"policies": []}
    assert refused(program.delete("policies/price-*"), 404)
    assert refused(program.get("policies/price-*"), 404)


def test_what_is_shown_can_be_put_again(program: Caller) -> None:
    made = program.put("policies/job-42", {"history": {"events": 10}, "read": [], "publish": ["owner"]})

    assert program.put("policies/job-42", made.json).json == program.get("policies/job-42").json == made.json


@pytest.mark.parametrize(
    ("pattern", "body", "field"),
    [
        ("job-*", {"histroy": {}}, "histroy"),
        ("job-*", {"history": {"events": 0}}, "history.events"),
        ("job-*", {"coalesce": "last"}, "coalesce_ms"),
        ("job-*", {"pattern": "other-*"}, "pattern"),
        ("job-*", {"pattern": None}, "pattern"),
        ("job-*", {"read": ["group:nowhere"]}, "read.0"),
        ("job-*", {"publish": ["everyone", "user:nobody"]}, "publish.1"),
        ("user-*", {}, "pattern"),
        ("a-*-b", {}, "pattern"),
    ],
)
def test_what_no_policy_can_be_is_refused_by_name_and_nothing_is_stored(
    program: Caller, pattern: str, body: dict[str, Any], field: str
) -> None:
    assert refused(program.put(f"policies/{pattern}", body), 422, field)

    assert not TopicPolicy.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("pattern", ["a-*-b", "a b", "user-7", "none-*"])
def test_a_policy_that_there_is_not_is_404(program: Caller, method: str, pattern: str) -> None:
    assert refused(program.call(method, f"policies/{pattern}"), 404)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null"])
def test_a_body_that_is_no_object_is_refused(program: Caller, body: bytes) -> None:
    assert refused(program.call("PUT", "policies/job-*", body), 422, "body")


def test_a_renamed_group_keeps_its_rights_and_a_reused_name_has_none(program: Caller, ops: Group) -> None:
    program.put("policies/job-*", {"read": ["group:ops"]})
    ops.name = "crew"
    ops.save()
    Group.objects.create(name="ops")

    shown = program.get("policies/job-*")

    assert shown.json["read"] == ["group:crew"]


def test_who_is_gone_is_in_no_audience(program: Caller, ops: Group, bob: User) -> None:
    program.put("policies/job-*", {"read": ["group:ops", "owner"], "publish": ["user:bob"]})
    ops.delete()
    bob.delete()

    shown = program.get("policies/job-*").json

    assert (shown["read"], shown["publish"]) == (["owner"], [])


def test_a_policy_of_the_setting_is_listed_and_not_changed(program: Caller) -> None:
    current.configure([{"pattern": "job-*", "max_rate": 5}])
    TopicPolicy.objects.create(pattern="job-*", fields={"max_rate": 9})

    assert [one["max_rate"] for one in program.get("policies").json["policies"]] == [5]
    assert refused(program.put("policies/job-*", {}), 409)
    assert refused(program.delete("policies/job-*"), 409)


def test_another_scope_is_not_enough_nor_is_a_person(with_key: Callable[..., Caller], reader: Caller) -> None:
    others = with_key(*(scope for scope in api_keys.SCOPES if scope != "manage"))

    for caller, status in ((others, 403), (Caller(), 401), (reader, 401)):
        assert refused(caller.put("policies/job-*", {}), status)
        assert refused(caller.get("policies"), status)
        assert refused(caller.delete("policies/job-*"), status)


def test_a_key_that_is_limited_to_topics_keeps_policies_within_them(program: Caller) -> None:
    program.put("policies/repo-*", {})
    narrow = Caller(bearer=api_keys.create("narrow", ["manage"], topics=["job-*"]))

    assert narrow.put("policies/job-4*", {}).status == 201
    assert [one["pattern"] for one in narrow.get("policies").json["policies"]] == ["job-4*"]
    for pattern in ("jo*", "repo-*"):
        assert narrow.put(f"policies/{pattern}", {}).status == 403
        assert narrow.delete(f"policies/{pattern}").status == 403


def test_each_change_is_in_the_audit_log(program: Caller) -> None:
    program.put("policies/job-*", {"max_rate": 5})
    program.delete("policies/job-*")

    acts = AuditEntry.objects.order_by("id").values_list("actor", "act", "target", "detail")
    assert list(acts) == [
        (f"key:{'-'.join(api_keys.SCOPES)}", "save-policy", "job-*", {"max_rate": 5, "read": None}),
        (f"key:{'-'.join(api_keys.SCOPES)}", "delete-policy", "job-*", {}),
    ]


def test_there_are_only_so_many(program: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_POLICIES", 1)
    program.put("policies/job-*", {})

    assert refused(program.put("policies/repo-*", {}), 422, "body")
    assert program.put("policies/job-*", {"max_rate": 1}).status == 200


def test_a_row_that_is_no_policy_stops_no_other(program: Caller, live_log: Log) -> None:
    TopicPolicy.objects.create(pattern="bad-1", fields={"max_rate": "fast"})
    TopicPolicy.objects.create(pattern="bad-2", fields=[1])
    TopicPolicy.objects.create(pattern="bad-3", fields={"read": 7})
    program.put("policies/job-*", {})

    assert [one["pattern"] for one in program.get("policies").json["policies"]] == ["job-*"]
