"""Policies by the topics that they are for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.policies.policy import TopicPolicy

MAX_TOPICS_CACHED = 20_000


class _Rules:
    """Policies that do not change, and what was found for topics among them."""

    __slots__ = ("exact", "found", "lengths", "prefixes")

    def __init__(self, policies: Iterable[TopicPolicy]) -> None:
        self.exact: dict[str, TopicPolicy] = {}
        self.prefixes: dict[str, TopicPolicy] = {}
        for policy in policies:
            if policy.pattern.endswith("*"):
                self.prefixes[policy.pattern[:-1]] = policy
            else:
                self.exact[policy.pattern] = policy
        self.lengths = sorted({len(prefix) for prefix in self.prefixes}, reverse=True)
        self.found: dict[str, TopicPolicy | None] = {}

    def find(self, topic: str) -> TopicPolicy | None:
        if exact := self.exact.get(topic):
            return exact
        for length in self.lengths:
            if prefix := self.prefixes.get(topic[:length]):
                return prefix
        return None


class PolicyTable:
    """The policies in force; safe from any thread. Of two with the same pattern the last one holds.

    ``own`` are the hub's, for prefixes of topics that no other policy covers. A table with nothing else is
    false.
    """

    def __init__(self, policies: Iterable[TopicPolicy] = (), own: Sequence[TopicPolicy] = ()) -> None:
        self.version = 0  # rises with `replace`
        self._own = own
        self._own_prefixes = tuple(policy.pattern.removesuffix("*") for policy in own)
        self._rules: _Rules | None = None  # none: no other policies
        self.replace(policies)

    def replace(self, policies: Iterable[TopicPolicy]) -> None:
        policies = list(policies)
        self._rules = _Rules([*self._own, *policies]) if policies else None
        self.version += 1

    def of(self, topic: str) -> TopicPolicy | None:
        """The policy of the most exact pattern that matches: the topic itself, else the longest prefix."""
        if (rules := self._rules) is None:
            return self.own(topic)
        try:
            return rules.found[topic]
        except KeyError:
            # Whoever replaces the policies meanwhile replaces what is cached of them, too.
            if len(rules.found) >= MAX_TOPICS_CACHED:
                rules.found.clear()
            policy = rules.found[topic] = rules.find(topic)
            return policy

    def own(self, topic: str) -> TopicPolicy | None:
        """The hub's own policy of a topic."""
        if not topic.startswith(self._own_prefixes):
            return None
        return next(one for one in self._own if topic.startswith(one.pattern.removesuffix("*")))

    def __bool__(self) -> bool:
        return self._rules is not None
