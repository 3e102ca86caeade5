"""`manage.py notify`: sends a notification."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import timestamps
from notifications.models import Notification
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify


class Command(BaseCommand):
    """See ``help``."""

    help = "Sends a notification; prints id, topic and position (waiting: it will be published later)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            action="append",
            required=True,
            help="user:NAME, group:NAME, topic:TOPIC or everyone; repeatable",
        )
        parser.add_argument("--title", required=True)
        parser.add_argument("--body", default="", help="plain text")
        parser.add_argument("--url", default="", help="a path, or http:// or https://")
        parser.add_argument("--category", default="", help="like builds")
        parser.add_argument("--severity", default="info", choices=Notification.Severity.values)
        parser.add_argument("--key", default="", help="replaces the earlier notification with the same key")
        parser.add_argument("--expires-at", type=_moment, metavar="TIME", help="like 2026-01-31T09:00:00Z")
        parser.add_argument("--send-at", type=_moment, metavar="TIME", help="like 2026-01-31T09:00:00Z")

    def handle(self, *args: Any, **options: Any) -> None:
        fields = ("to", "title", "body", "url", "category", "severity", "key", "expires_at", "send_at")
        try:
            rows = notify(**{field: options[field] for field in fields}, sender="command")
        except BadNotification as bad:
            raise CommandError(f"--{bad.field.replace('_', '-')}: {bad}") from None
        for row in rows:
            self.stdout.write(f"{row.pk} {row.topic} {row.position or 'waiting'}")


def _moment(text: str) -> datetime:
    try:
        return timestamps.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
