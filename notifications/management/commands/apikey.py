"""`manage.py apikey`: creates, lists and revokes API keys."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import events
from notifications.access import api_keys, names
from notifications.models import ApiKey


class Command(BaseCommand):
    """See ``help``."""

    help = "Creates, lists and revokes the API keys that programs publish with."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser(
            "create", help="create a key; its text is the last line of output and shown only once"
        )
        create.add_argument(
            "--name", required=True, help="unique name, such as the program that uses the key"
        )
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=api_keys.SCOPES,
            help="what it may do; repeatable",
        )
        create.add_argument(
            "--topic",
            action="append",
            default=[],
            metavar="PATTERN",
            help="a topic it may publish to, or a prefix with *, like job-*; repeatable; default: all",
        )
        actions.add_parser("list", help="list the keys")
        revoke = actions.add_parser("revoke", help="revoke a key, at once and for good")
        revoke.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            if action == "create":
                self.stdout.write(api_keys.create(options["name"], options["scope"], topics=options["topic"]))
            elif action == "revoke":
                api_keys.revoke(options["name"])
                self.stdout.write(f"{options['name']} is revoked.")
            else:
                self._list()
        except api_keys.BadKey as bad:
            raise CommandError(str(bad)) from None

    def _list(self) -> None:
        for key in ApiKey.objects.order_by("name"):
            used = events.stamp(key.last_used_at) if key.last_used_at else "never"
            state = f"revoked {events.stamp(key.revoked_at)}" if key.revoked_at else f"last used {used}"
            topics = ",".join(names.addressed(key.topics).values()) or "every topic"
            self.stdout.write(f"{key.name}\t{','.join(key.scopes)}\t{state}\t{topics}")
