"""Twenty notifications to one person, a second apart. They are scheduled, so no instance needs to survive."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifications.sending.notify import notify
from notifications.user_model import User

CATEGORY = "gallery"
INTERVAL_S = 1
KEPT = timedelta(hours=1)

TITLES = (
    ("Build 512 passed in 4 minutes", "success"),
    ("Bob commented on your change", "info"),
    ("Deploy of web 4.2 to staging has begun", "info"),
    ("Deploy of web 4.2 to staging is done", "success"),
    ("Disk of db-2 is 85 % full", "warning"),
    ("Carol asks you for a review", "info"),
    ("Nightly backup is done: 18 GB", "success"),
    ("Certificate of shop.example ends in 14 days", "warning"),
    ("Payment of order 2041 failed", "error"),
    ("Payment of order 2041 went through", "success"),
    ("Three new people joined ops", "info"),
    ("Job import-customers is done", "success"),
    ("Latency of search is above 400 ms", "warning"),
    ("Latency of search is back to normal", "success"),
    ("Bob mentioned you in the lobby", "info"),
    ("Build 513 failed: 2 tests", "error"),
    ("Build 514 passed in 4 minutes", "success"),
    ("Your report is ready", "success"),
    ("Maintenance tonight, 22:00 to 22:30 UTC", "info"),
    ("That was the twentieth: count them", "success"),
)


def send(user: User, at: datetime) -> None:
    """Schedule them, the first for ``at``. One that was sent before is replaced when its successor is due."""
    for number, (title, severity) in enumerate(TITLES):
        due = at + timedelta(seconds=number * INTERVAL_S)
        notify(
            [f"user:{user.get_username()}"],
            title,
            severity=severity,
            category=CATEGORY,
            key=f"{CATEGORY}-{number}",
            send_at=due,
            expires_at=due + KEPT,
        )
