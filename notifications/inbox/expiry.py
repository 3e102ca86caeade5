"""What expires leaves the counts of open feeds: nothing is published at that moment, so it is looked for."""

from __future__ import annotations

import asyncio
from datetime import datetime

from django.utils import timezone

from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications.inbox.unread_counts import UnreadCounts
from notifications.models import Notification

PERIOD_S = 1.0


async def run(counts: UnreadCounts) -> None:
    """Have the counts of those who read topics on which something expired sent again, until cancelled."""
    since = timezone.now()
    while True:
        await asyncio.sleep(PERIOD_S)
        now = timezone.now()
        if counts.topics:
            try:
                for topic in await in_thread(expired_topics, min(since, now), now):
                    counts.topic_changed(topic)
            except Exception as error:
                malformed.record("count", "all", error)
                continue
        since = now


def expired_topics(after: datetime, upto: datetime) -> list[str]:
    """The topics on which something expired in this time."""
    rows = Notification.objects.filter(expires_at__gt=after, expires_at__lte=upto, recalled_at=None)
    return list(rows.order_by().values_list("topic", flat=True).distinct())
