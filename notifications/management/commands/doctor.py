"""`manage.py doctor`: connects through the balancer, times each hop, and names misconfigurations."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from hub import doctor
from notifications.doctor_fixture import make_fixture

STATIC = "notifications/shared/hub.css"


class Command(BaseCommand):
    """See ``help``."""

    help = (
        "Opens a feed and a room through the balancer, publishes, times each hop, and names every "
        "misconfiguration with its remedy. Run it in an instance's environment. Exit status: 0 nothing is "
        "wrong, 1 something is, 2 it could not check."
    )
    # Its own findings include migrations and the like, each with its remedy.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        default = f"http://127.0.0.1:{settings.HUB_PORT}"
        parser.add_argument("--url", default=default, help="URL of the balancer (default: %(default)s)")
        parser.add_argument("--insecure", action="store_true", help="accept any certificate")
        parser.add_argument("--quick", action="store_true", help="do not wait for two heartbeats")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        # The report has everything; the log would repeat it.
        logging.disable(logging.WARNING)
        try:
            client = doctor.Client.from_url(options["url"], options["insecure"])
            if settings.HUB_TLS and client.scheme == "http":
                raise ValueError("HUB_TLS=1 serves https alone: give --url https://….")
            direct = doctor.direct_client(client)
            report = doctor.examine(client, direct, make_fixture, static=STATIC, quick=options["quick"])
        except DatabaseError as error:
            raise CommandError(f"The doctor cannot check: the database: {error}", returncode=2) from None
        except (doctor.CannotConnect, ValueError) as error:
            raise CommandError(f"The doctor cannot check: {error}", returncode=2) from None
        finally:
            logging.disable(logging.NOTSET)
        self.stdout.write(report.json() if options["json"] else report.text())
        if report.findings:
            sys.exit(1)
