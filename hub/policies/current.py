"""The policies in force in this process."""

from __future__ import annotations

from hub.policies.table import PolicyTable

table = PolicyTable()
policy_of = table.of
