"""`manage.py trim`: removes what is older than it is to be kept."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from notifications import retention


class Command(BaseCommand):
    help = (
        "Removes notifications with their readings and deliveries, lines of rooms, and what has had its "
        "time: keys, tickets, sessions. Never what is still to be published, and never the audit log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=_days,
            default=timedelta(days=settings.HUB_KEEP_DAYS),
            metavar="DAYS",
            help=f"days that things are kept (HUB_KEEP_DAYS, {settings.HUB_KEEP_DAYS})",
        )
        parser.add_argument("--dry-run", action="store_true", help="only tell what would go")

    def handle(self, *args: Any, older_than: timedelta, dry_run: bool, **options: Any) -> None:
        for trimmed in retention.trim(older_than, dry_run=dry_run):
            self.stdout.write(f"{trimmed.rows:>9}  {trimmed.what}")
        if dry_run:
            self.stdout.write("Nothing was removed: it was a dry run.")


def _days(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError(f"{text!r} is not a number of days: give 1 to 36500.")
    return timedelta(days=int(text))
