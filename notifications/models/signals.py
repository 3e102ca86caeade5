"""Signals for code of the project, sent in the process that acted, once its transaction has committed.

A receiver that raises is logged, and changes nothing. There is no signal for what another process did.
"""

from __future__ import annotations

from django.dispatch import Signal

# `notifications`: the rows of one call of `notify()`, scheduled ones included.
notification_sent = Signal()
# `user`, by primary key; `ids` of the notifications that they marked as read, or None for all that they had.
notification_read = Signal()
# `notifications`: the rows; `by` and `reason` as given.
notification_recalled = Signal()
