"""Django's admin."""

from __future__ import annotations

from notifications.admin import rows, topic_policies  # noqa: F401  # they register themselves
