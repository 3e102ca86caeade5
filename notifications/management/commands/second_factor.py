"""`manage.py second_factor`: whether somebody has one, and taking it away from who has lost it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from notifications.access import audit, second_factor, users


class Command(BaseCommand):
    help = "Say whether a person has a second factor, or remove it: they sign in by password and enrol anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--remove", action="store_true", help="of somebody whose app is lost")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        user = users.named(name)
        if user is None:
            raise CommandError(f"There is nobody named {name}: give a username as the admin lists it.")
        if not options["remove"]:
            has = second_factor.enrolled(user)
            self.stdout.write(f"{name} {'has a second factor' if has else 'has no second factor'}.")
            return
        with transaction.atomic():
            had = second_factor.remove(user)
            if had:
                audit.note("second-factor", name, did="removed", by="command")
        self.stdout.write(f"Removed from {name}." if had else f"{name} had none.")
