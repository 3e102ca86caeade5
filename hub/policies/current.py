"""The policies in force in this process: of `HUB_TOPICS`, and of rows that the application keeps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from hub import topics
from hub.policies.policy import MAX_POLICIES, BadPolicy, TopicPolicy, parse
from hub.policies.table import PolicyTable

MAX_RUN_EVENTS = 200_000  # that the log keeps of a run
MAX_BINARY_EVENTS = 10_000  # that the log keeps of a room's binary frames …
MAX_BINARY_BYTES = 4 * 1024 * 1024
BINARY_AGE_S = 30  # … for those who were cut off; nobody else is sent what was before
TTL_S = 2.0  # that rows are trusted in a process that is not notified of changes
RETRY_S = 10.0  # after they could not be read

logger = logging.getLogger(__name__)

# Of agent runs: long, and what comes faster than a person reads is one frame.
RUNS = TopicPolicy(topics.run("*"), max_events=MAX_RUN_EVENTS, coalesce_ms=20, coalesce="join")

BINARY = TopicPolicy(
    topics.binary(topics.room("*")),
    max_events=MAX_BINARY_EVENTS,
    max_age_s=BINARY_AGE_S,
    max_history_bytes=MAX_BINARY_BYTES,
)

table = PolicyTable(own=(RUNS, BINARY))
policy_of = table.of


class Policies:
    """Fills a table. With the same pattern a policy of the setting holds, not the row's.

    A process that serves is notified of changes (``notified``). Any other one, such as a task that publishes,
    reads the rows again before it uses policies that are older than `TTL_S`. Used from any thread.
    """

    def __init__(self, table: PolicyTable) -> None:
        self.notified = False
        self.read_rows: Callable[[], Sequence[TopicPolicy]] | None = None
        self._table = table
        self._configured: tuple[TopicPolicy, ...] = ()
        self._rows: tuple[TopicPolicy, ...] = ()
        self._read_again_at = 0.0
        self._lock = threading.Lock()

    def configure(self, setting: object) -> None:
        """Put the policies of `HUB_TOPICS` in force. Raises `BadPolicy`: see `parse_all`."""
        self._configured = parse_all(setting)
        self._fill()

    def configured(self, pattern: str) -> bool:
        """Whether the setting has a policy of this pattern."""
        return any(policy.pattern == pattern for policy in self._configured)

    def all(self) -> list[TopicPolicy]:
        """Those in force, by pattern."""
        found = {policy.pattern: policy for policy in (*self._rows, *self._configured)}
        return [found[pattern] for pattern in sorted(found)]

    def put_rows(self, rows: Iterable[TopicPolicy]) -> None:
        """Put the policies of rows in force, instead of those of earlier ones."""
        rows = tuple(rows)
        with self._lock:
            if rows != self._rows:
                self._rows = rows
                self._fill()

    def refresh(self) -> None:
        """Read the rows if this process is not notified. If that fails, policies stay as they were."""
        now = time.monotonic()
        if self.notified or self.read_rows is None or now < self._read_again_at:
            return
        self._read_again_at = now + TTL_S
        try:
            self.put_rows(self.read_rows())
        except Exception as error:
            self._read_again_at = now + RETRY_S
            logger.info("topic policies could not be read, and stay as they were: %s", error)

    def _fill(self) -> None:
        self._table.replace((*self._rows, *self._configured))


def parse_all(setting: object) -> tuple[TopicPolicy, ...]:
    """The policies in a list. Raises `BadPolicy`, whose field begins with the number of the entry."""
    if not isinstance(setting, list | tuple):
        raise BadPolicy("", "use a list of policies: [{…}, …].")
    if len(setting) > MAX_POLICIES:
        raise BadPolicy("", f"use at most {MAX_POLICIES} policies.")
    found: dict[str, TopicPolicy] = {}
    for number, entry in enumerate(setting):
        try:
            policy = parse(entry)
        except BadPolicy as bad:
            raise BadPolicy(f"{number}.{bad.field}".rstrip("."), str(bad), bad.reason, **bad.values) from None
        if policy.pattern in found:
            raise BadPolicy(f"{number}.pattern", f"{policy.pattern} has a policy already: give it one.")
        found[policy.pattern] = policy
    return tuple(found.values())


policies = Policies(table)
