"""`manage.py demo`: creates the demo's data, or posts webhooks to a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.demo import player, seed


class Command(BaseCommand):
    """See ``help``."""

    help = "Creates the demo's users, key and notifications; with --replay posts GitHub webhooks to a hub."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--replay", type=Path, metavar="FILE", help="JSON Lines with event, action, payload"
        )
        parser.add_argument(
            "--rate", type=float, default=10, metavar="N", help="lines per second (default: %(default)g)"
        )
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="URL of the hub (default: %(default)s)"
        )
        parser.add_argument(
            "--key",
            default=seed.KEY_TEXT,
            help="API key with the scopes send and publish (default: %(default)s)",
        )

    def handle(
        self, *args: Any, replay: Path | None, rate: float, url: str, key: str, **options: Any
    ) -> None:
        if replay is not None:
            return self._replay(replay, rate, url, key)
        if not settings.HUB_DEMO:
            raise CommandError("The demo's passwords are public: set HUB_DEMO=1 to allow it.")
        seed.make()
        self.stdout.write(
            f"The demo is ready: sign in as {', '.join(seed.PEOPLE)}, password {seed.PASSWORD}. "
            "Live pages: /demo/."
        )

    def _replay(self, file: Path, rate: float, url: str, key: str) -> None:
        if not 0 < rate < float("inf"):
            raise CommandError("--rate: use a number above 0.")
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            hub = player.Hub(url, key)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None

        def report(tally: player.Tally) -> None:
            if not self.stdout.isatty() and tally.lines % 100:
                return
            self.stdout.write(f"{tally.lines} of {len(lines)} lines, {tally.tries} requests", ending=ending)
            self.stdout.flush()

        ending = "\r" if self.stdout.isatty() else "\n"
        try:
            tally = player.play(lines, rate, hub, report)
        finally:
            hub.close()
        self.stdout.write(
            f"{tally.lines} lines: {tally.notifications} notifications accepted "
            f"({tally.replayed} of them earlier), {tally.events} events accepted, "
            f"{len(tally.refused)} refused."
        )
        if tally.refused:
            raise CommandError("\n".join(tally.refused[:10]))
