"""`manage.py trim`: deletes old rows."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from notifications import retention


class Command(BaseCommand):
    """See ``help``."""

    help = (
        "Deletes old notifications with their read states and deliveries, messages of rooms, and expired "
        "idempotency keys, tickets and sessions. Never unpublished notifications, and never the audit log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=_days,
            default=timedelta(days=settings.HUB_KEEP_DAYS),
            metavar="DAYS",
            help=f"age in days (default: HUB_KEEP_DAYS, {settings.HUB_KEEP_DAYS})",
        )
        parser.add_argument("--dry-run", action="store_true", help="only print what would be deleted")

    def handle(self, *args: Any, older_than: timedelta, dry_run: bool, **options: Any) -> None:
        for trimmed in retention.trim(older_than, dry_run=dry_run):
            self.stdout.write(f"{trimmed.rows:>9}  {trimmed.what}")
        if dry_run:
            self.stdout.write("Dry run: nothing was deleted.")


def _days(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError(f"{text!r} is not a number of days: use 1 to 36500.")
    return timedelta(days=int(text))
