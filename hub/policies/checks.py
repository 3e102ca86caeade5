"""Checks of events against the policies of their topics, for every way of publishing.

The rate of a topic is counted over all instances, as its events are appended (`hub.log`).
"""

from __future__ import annotations

from collections.abc import Iterable

from hub import events
from hub.events import BadKey, Draft, TooLarge
from hub.policies.current import policies, table
from hub.policies.policy import TopicPolicy


def check(policy: TopicPolicy, drafts: Iterable[Draft]) -> None:
    """Raise `hub.events.BadKey` or `TooLarge` if this policy of their topics refuses one of the drafts."""
    for draft in drafts:
        if policy.keyed and not draft.value_key:
            raise BadKey(
                f"An event on {draft.topic} has to say of which value it is: give its key. The policy "
                f"{policy.pattern} keeps the last event of each."
            )
        if policy.max_event_bytes is not None:
            size = events.data_size(draft.body)
            if size > policy.max_event_bytes:
                raise TooLarge(
                    f"data is {size} bytes of JSON; the policy {policy.pattern} allows at most "
                    f"{policy.max_event_bytes} on {draft.topic}."
                )


def check_all(drafts: Iterable[Draft]) -> None:
    """The same for drafts on any topics, each by the policy of its own."""
    policies.refresh()
    if table:
        for draft in drafts:
            policy = table.of(draft.topic)
            if policy is not None:
                check(policy, (draft,))
