"""The rows of policies: read, checked and stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub import topics
from hub.errors import Refusal
from hub.policies.current import policies
from hub.policies.policy import MAX_POLICIES, BadPolicy, TopicPolicy, as_json, parse
from hub.support import transactions
from hub.support.faults import malformed
from notifications.access.policies import audiences
from notifications.models import TopicPolicy as Row


class PolicyFixed(Refusal, ValueError):
    """A policy of the setting, which no row can change; the text says what to do."""


def read() -> list[TopicPolicy]:
    """The policies of all rows. One that is none is recorded and left out."""
    found = []
    for pattern, fields in Row.objects.values_list("pattern", "fields")[:MAX_POLICIES]:
        try:
            found.append(_policy(pattern, fields))
        except (BadPolicy, TypeError, AttributeError) as error:
            malformed.record("topic policy", pattern[:64], error)
    return found


def check(data: object) -> TopicPolicy:
    """The policy in parsed JSON, with the audiences as topics. Raises `BadPolicy` and `PolicyFixed`."""
    policy = audiences.by_topic(parse(data))
    check_pattern(policy.pattern)
    return policy


def check_pattern(pattern: str) -> None:
    """Raise `PolicyFixed` for the pattern of a policy of the setting."""
    if policies.configured(pattern):
        raise PolicyFixed(
            f"The policy of {pattern} is set by HUB_TOPICS: change it there, or put one for another pattern.",
            "policy_fixed",
            name=pattern,
        )


def check_number() -> None:
    """Raise `BadPolicy` if there may be no further row."""
    if Row.objects.count() >= MAX_POLICIES:
        raise BadPolicy("", f"there are {MAX_POLICIES} policies, which is the limit: delete one.")


@transactions.transactional
def put(policy: TopicPolicy) -> bool:
    """Store a policy that was checked; whether its pattern is new. Raises `BadPolicy` beyond the limit."""
    fields = fields_of(policy)
    if Row.objects.filter(pattern=policy.pattern).exists():
        Row.objects.update_or_create(pattern=policy.pattern, defaults={"fields": fields})
        return False
    check_number()
    Row.objects.create(pattern=policy.pattern, fields=fields)
    return True


def remove_person(topic: str) -> None:
    """Take a person, by their topic, out of all audiences."""
    for row in Row.objects.all():
        named = [name for name in ("read", "publish") if topic in (row.fields.get(name) or ())]
        for name in named:
            row.fields[name] = [audience for audience in row.fields[name] if audience != topic]
        if named:
            row.save(update_fields=["fields"])


def fields_of(policy: TopicPolicy) -> dict[str, Any]:
    """What a row keeps of a policy."""
    fields = as_json(policy)
    del fields["pattern"]
    return {name: value for name, value in fields.items() if value not in (None, []) or name == "read"}


def of(row: Row) -> TopicPolicy:
    """The policy of a row. Raises `BadPolicy` if it is none."""
    return _policy(row.pattern, row.fields)


def _policy(pattern: str, fields: dict[str, Any]) -> TopicPolicy:
    kept = {**fields, "pattern": pattern}
    read, publish = kept.pop("read", None), kept.pop("publish", None) or ()
    for audience in (*(read or ()), *publish):
        if audience not in (topics.EVERYONE, "owner"):
            topics.check(audience)
    return replace(parse(kept), read=None if read is None else tuple(read), publish=tuple(publish))
