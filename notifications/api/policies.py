"""Policies of live topics: listed, put and deleted by programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Status

from hub.errors import Problem
from hub.policies import pattern as patterns
from hub.policies.current import policies as current
from hub.policies.policy import TopicPolicy, as_json
from hub.support import transactions
from notifications.access import audit
from notifications.access.policies import audiences, rows
from notifications.access.quotas import quotas
from notifications.api.auth import Key, KeyRequest
from notifications.api.policy_bodies import Policies, Policy, PolicyBody
from notifications.api.router import router
from notifications.models import ApiKey
from notifications.models import TopicPolicy as Row

TAGS = ["Live topics"]


@router.get("policies", tags=TAGS, auth=Key("manage"), response=Policies)
def list_policies(request: KeyRequest) -> dict[str, Any]:
    """The policies of live topics, those of `HUB_TOPICS` among them, by pattern. Scope: `manage`.

    An API key that is limited to some topics lists only those of patterns within them.
    """
    current.put_rows(rows.read())
    return {"policies": shown([one for one in current.all() if request.auth.covers(one.pattern)])}


@router.get("policies/{pattern}", tags=TAGS, auth=Key("manage"), response=Policy)
def get_policy(request: KeyRequest, pattern: str) -> dict[str, Any]:
    """The policy of a pattern. Scope: `manage`."""
    _check(request.auth, pattern)
    current.put_rows(rows.read())
    found = [one for one in current.all() if one.pattern == pattern]
    if not found:
        raise _missing(pattern)
    return shown(found)[0]


@router.put("policies/{pattern}", tags=TAGS, auth=Key("manage"), response={200: Policy, 201: Policy})
def put_policy(request: KeyRequest, pattern: str, body: PolicyBody) -> Status[dict[str, Any]]:
    """Create the policy of a pattern, or replace it: what is left out is not set. Scope: `manage`.

    All instances follow it within two seconds. A policy of `HUB_TOPICS` is changed there (409).
    """
    given = body.model_dump(exclude_unset=True)
    if given.setdefault("pattern", pattern) != pattern:
        raise Problem(422, "pattern: leave it out, or give that of the path.", field="pattern")
    _check_covered(request.auth, pattern)
    policy = rows.check(given)
    quotas.spend(request.auth.pk, notifications=1)

    def store() -> bool:
        new = rows.put(policy)
        _record(request, "save-policy", pattern, **rows.fields_of(policy))
        return new

    new = transactions.run(store)
    current.put_rows(rows.read())
    return Status(201 if new else 200, shown([policy])[0])


@router.delete("policies/{pattern}", tags=TAGS, auth=Key("manage"), response=Policy)
def delete_policy(request: KeyRequest, pattern: str) -> dict[str, Any]:
    """Delete the policy of a pattern, and return it: its topics are under the next pattern that matches, or
    under none. Scope: `manage`."""
    _check(request.auth, pattern)
    rows.check_pattern(pattern)
    quotas.spend(request.auth.pk, notifications=1)

    def remove() -> TopicPolicy:
        row = Row.objects.select_for_update().filter(pattern=pattern).first()
        if row is None:
            raise _missing(pattern)
        policy = rows.of(row)
        row.delete()
        _record(request, "delete-policy", pattern)
        return policy

    policy = transactions.run(remove)
    current.put_rows(rows.read())
    return shown([policy])[0]


def shown(policies: Sequence[TopicPolicy]) -> list[dict[str, Any]]:
    """The policies as JSON, with the names of groups and people."""
    return [as_json(policy) for policy in audiences.written(policies)]


def _check_covered(key: ApiKey, pattern: str) -> None:
    if not key.covers(pattern):
        raise Problem(
            403, "This API key is limited to other topics: use one that may.", topics=[pattern[:201]]
        )


def _check(key: ApiKey, pattern: str) -> None:
    _check_covered(key, pattern)
    try:
        patterns.check(pattern)
    except patterns.BadPattern:
        raise _missing(pattern) from None


def _missing(pattern: str) -> Problem:
    return Problem(404, f"There is no policy of {pattern[:201]}: GET /api/v1/policies lists them.")


def _record(request: KeyRequest, act: str, pattern: str, **detail: Any) -> None:
    address = request.META.get("REMOTE_ADDR", "")
    audit.note(act, pattern, by=f"key:{request.auth.name}", address=address, **detail)
