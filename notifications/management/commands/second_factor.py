"""`manage.py second_factor`: shows whether a user has one, and removes it if they have lost it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from notifications.access import audit, second_factor, users


class Command(BaseCommand):
    """See ``help``."""

    help = "Shows whether a user has a second factor, or removes it: they can then sign in and enrol again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--remove", action="store_true", help="remove the second factor, as when the app is lost"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        user = users.named(name)
        if user is None:
            raise CommandError(f"No user {name!r}: use a username as listed in the admin.")
        if not options["remove"]:
            has = second_factor.enrolled(user)
            self.stdout.write(f"{name} {'has a second factor' if has else 'has no second factor'}.")
            return
        with transaction.atomic():
            had = second_factor.remove(user)
            if had:
                audit.note("second-factor", name, did="removed", by="command")
        self.stdout.write(f"Removed from {name}." if had else f"{name} had none.")
