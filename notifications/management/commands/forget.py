"""`manage.py forget`: erases a person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import erasure
from notifications.access import users


class Command(BaseCommand):
    """See ``help``."""

    help = (
        "Erases a person: account, inbox, read states, preferences, sessions; their messages in rooms lose "
        "text and name. The audit log keeps its entries. This cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--dry-run", action="store_true", help="only print what would be erased")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, username: str, dry_run: bool, yes: bool, **options: Any) -> None:
        user = users.named(username)
        if user is None:
            raise CommandError(f"No user {username!r}: use a username as listed in the admin.")
        if dry_run:
            self._print(erasure.counts(user))
            self.stdout.write("Dry run: nothing was erased.")
            return
        if not yes and input(f"Type {username} to erase this person for good: ") != username:
            raise CommandError("The name does not match: nothing was erased.")
        self._print(erasure.forget(user, by="command"))
        self.stdout.write("Erased.")

    def _print(self, counts: dict[str, int]) -> None:
        for what, rows in counts.items():
            self.stdout.write(f"{rows:>9}  {what}")
