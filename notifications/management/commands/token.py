"""`manage.py token`: prints a subscriber token of a user."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.errors import Problem
from hub.topics import BadTopic, check
from notifications.access import judge, tokens, users

TTL_S = 3600


class Command(BaseCommand):
    """See ``help``."""

    help = (
        "Prints a subscriber token of a user, to send as Authorization: Bearer to the feed, to rooms and to "
        "the reading calls of the API. It opens their inbox and the topics given here; like any token it "
        "ends when they are deactivated, sign out everywhere or change their password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME", help="username")
        parser.add_argument(
            "--topic",
            action="append",
            default=[],
            metavar="TOPIC",
            help="a live topic or room that it also opens, like job-42 or room-lobby; repeatable",
        )
        parser.add_argument(
            "--ttl",
            type=_seconds,
            default=TTL_S,
            metavar="SECONDS",
            help=f"lifetime (default: {TTL_S}, at most {tokens.MAX_TTL_S})",
        )

    def handle(self, *args: Any, username: str, topic: list[str], ttl: int, **options: Any) -> None:
        user = users.active(username)
        if user is None:
            raise CommandError(f"No active user {username!r}.")
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
        raise ArgumentTypeError(f"{text!r} is not a number of seconds: use 1 to {tokens.MAX_TTL_S}.")
    return int(text)
