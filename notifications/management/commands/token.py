"""`manage.py token`: prints a token with which a person's program reads."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.errors import Problem
from hub.topics import BadTopic, check
from notifications.access import judge, tokens, users

TTL_S = 3600


class Command(BaseCommand):
    help = (
        "Prints a subscriber token of a person: Authorization: Bearer on the feed, in rooms and on the "
        "reading calls of the API. It opens their inbox and the topics given here; it ends like any token "
        "when they are deactivated, sign out everywhere or change their password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME", help="whose token it is")
        parser.add_argument(
            "--topic",
            action="append",
            default=[],
            metavar="TOPIC",
            help="a live topic or a room to open besides, as job-42 or room-lobby; repeatable",
        )
        parser.add_argument(
            "--ttl",
            type=_seconds,
            default=TTL_S,
            metavar="SECONDS",
            help=f"how long it lasts ({TTL_S}; at most {tokens.MAX_TTL_S})",
        )

    def handle(self, *args: Any, username: str, topic: list[str], ttl: int, **options: Any) -> None:
        user = users.active(username)
        if user is None:
            raise CommandError(f"{username!r} is nobody here: give the username of an active account.")
        try:
            opened = judge.with_rooms(judge.nameable(user, topic))
            for one in opened:
                check(one)
        except Problem as problem:
            raise CommandError(f"--topic: {problem.detail}") from None
        except BadTopic as bad:
            raise CommandError(f"--topic: {bad}") from None
        self.stdout.write(tokens.sign(tokens.claims(user, opened, ttl)))


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= tokens.MAX_TTL_S:
        raise ArgumentTypeError(f"{text!r} is no number of seconds: give 1 to {tokens.MAX_TTL_S}.")
    return int(text)
