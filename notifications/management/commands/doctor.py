"""`manage.py doctor`: goes through the balancer, times each hop, and names what is set up wrongly."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from hub import doctor
from notifications.doctor_fixture import visiting

STATIC = "notifications/shared/hub.css"


class Command(BaseCommand):
    help = (
        "Opens a feed and a room through the balancer, publishes, times each hop, and names every "
        "misconfiguration with its mend. Run it in an instance's environment. Exit status: 0 nothing is "
        "wrong, 1 something is, 2 it could not look."
    )
    # Its own findings tell of migrations and the like, each with its mend.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        default = f"http://127.0.0.1:{settings.HUB_PORT}"
        parser.add_argument("--url", default=default, help="of the balancer (%(default)s)")
        parser.add_argument("--insecure", action="store_true", help="take any certificate")
        parser.add_argument("--quick", action="store_true", help="do not wait for two heartbeats")
        parser.add_argument("--json", action="store_true", help="tell it to a machine")

    def handle(self, *args: Any, **options: Any) -> None:
        # What it does on its way is told once, and at the end.
        logging.disable(logging.WARNING)
        try:
            door = doctor.Door.of(options["url"], options["insecure"])
            if settings.HUB_TLS and door.scheme == "http":
                raise ValueError("HUB_TLS=1 serves https alone: give --url https://….")
            report = doctor.examine(
                door, doctor.straight(door), visiting, static=STATIC, quick=options["quick"]
            )
        except DatabaseError as error:
            raise CommandError(f"The doctor cannot look: the database: {error}", returncode=2) from None
        except (doctor.CannotConnect, ValueError) as error:
            raise CommandError(f"The doctor cannot look: {error}", returncode=2) from None
        finally:
            logging.disable(logging.NOTSET)
        self.stdout.write(report.json() if options["json"] else "\n".join(report.lines()))
        if report.findings:
            sys.exit(1)
