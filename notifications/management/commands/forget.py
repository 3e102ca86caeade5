"""`manage.py forget`: erases a person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import erasure
from notifications.access import users


class Command(BaseCommand):
    help = (
        "Erases a person: account, inbox, read states, preferences, sessions; what they said in rooms loses "
        "its text and their name. The audit log keeps its entries. There is no way back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
        parser.add_argument("--yes", action="store_true", help="do not ask for the name again")

    def handle(self, *args: Any, username: str, dry_run: bool, yes: bool, **options: Any) -> None:
        user = users.named(username)
        if user is None:
            raise CommandError(f"There is nobody named {username}: give a username as the admin lists it.")
        if dry_run:
            self._tell(erasure.counts(user))
            self.stdout.write("Nothing was erased: it was a dry run.")
            return
        if not yes and input(f"Type {username} to erase this person for good: ") != username:
            raise CommandError("That was another name: nothing was erased.")
        self._tell(erasure.forget(user, by="command"))
        self.stdout.write("Erased.")

    def _tell(self, counts: dict[str, int]) -> None:
        for what, rows in counts.items():
            self.stdout.write(f"{rows:>9}  {what}")
